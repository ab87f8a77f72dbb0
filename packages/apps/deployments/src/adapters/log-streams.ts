import type { AppContext } from "@homeport/kit/app.ts";
import { contract } from "@homeport/logging/contract.ts";
import { runtimeStream } from "../log-stream.ts";
import type { LogStreams } from "../ports.ts";
import { calling } from "./calling.ts";

/** Streams of the logging app. */
export const loggingStreams = (context: Pick<AppContext, "client" | "signal">): LogStreams => {
  const logging = context.client(contract, "logging");
  const call = calling(context.signal);
  return {
    async open(workloadId, { organisationId, projectId, environmentId, id: serviceId }) {
      const stream = { streamId: runtimeStream(workloadId), organisationId, projectId, environmentId, serviceId };
      await call((options) => logging.streams.create(stream, options));
    },
  };
};
