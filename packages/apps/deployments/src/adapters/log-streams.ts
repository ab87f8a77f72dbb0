import type { AppContext } from "@homeport/kit/app.ts";
import { contract } from "@homeport/logging/contract.ts";
import { runStream, runtimeStream } from "../log-stream.ts";
import type { LogStreams } from "../ports.ts";
import type { Service } from "../service.ts";
import { calling } from "./calling.ts";

/** Streams of the logging app. */
export const loggingStreams = (context: Pick<AppContext, "client" | "signal">): LogStreams => {
  const logging = context.client(contract, "logging");
  const call = calling(context.signal);
  const open = async (streamId: string, service: Service): Promise<void> => {
    const { organisationId, projectId, environmentId, id: serviceId } = service;
    const stream = { streamId, organisationId, projectId, environmentId, serviceId };
    await call((options) => logging.streams.create(stream, options));
  };
  return {
    open: (workloadId, service) => open(runtimeStream(workloadId), service),
    openRun: (runId, service) => open(runStream(runId), service),
  };
};
