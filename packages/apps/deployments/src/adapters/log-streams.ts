import type { AppContext } from "@homeport/kit/app.ts";
import { contract } from "@homeport/logging/contract.ts";
import type { LogStreams } from "../ports.ts";
import { calling } from "./calling.ts";

export const runtimeStream = (workloadId: string): string => `runtime.${workloadId}`;
export const buildStream = (jobId: string): string => `build.${jobId}`;

/** Streams of the logging app. */
export const loggingStreams = (context: Pick<AppContext, "client">): LogStreams => {
  const logging = context.client(contract, "logging");
  return {
    async open(workloadId, { organisationId, projectId, id: serviceId }) {
      await calling((options) =>
        logging.streams.create({ streamId: runtimeStream(workloadId), organisationId, projectId, serviceId }, options),
      );
    },
  };
};
