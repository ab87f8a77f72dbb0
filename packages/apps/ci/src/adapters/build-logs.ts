import { clientError, type clientOf } from "@homeport/kit/client.ts";
import type { contract } from "@homeport/logging/contract.ts";
import { logStreamOf } from "../job.ts";
import type { BuildLogs } from "../ports.ts";

type LoggingClient = ReturnType<typeof clientOf<typeof contract>>;

/** Build logs at the logging app. */
export const buildLogsAt = (logging: LoggingClient): BuildLogs => ({
  async create({ id, organisationId, spec: { projectId, environmentId, serviceId } }) {
    const streamId = logStreamOf(id);
    await logging.streams.create({ streamId, organisationId, projectId, environmentId, serviceId }).catch(rethrow);
  },
  async end({ id }) {
    await logging.streams.end({ stream: logStreamOf(id) }).catch(rethrow);
  },
});

const rethrow = (err: unknown): never => {
  throw clientError(err);
};
