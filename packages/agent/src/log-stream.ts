import type { DesiredReplica } from "@homeport/clusters/contract.ts";

/** Where a replica's lines go. */
export const logStreamOf = ({ workloadId, logStream }: Pick<DesiredReplica, "workloadId" | "logStream">): string =>
  logStream ?? `runtime.${workloadId}`;
