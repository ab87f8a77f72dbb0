import type { EnvironmentId, Id, OrganisationId, ProjectId, ServiceId } from "@homeport/kit/ids.ts";

/** `build.<job id>`, `runtime.<workload id>` or `run.<run id>`. */
export type StreamId = Id<"log stream">;
export type StreamKind = "build" | "runtime" | "run";

export type StreamOwner = {
  organisationId: OrganisationId;
  projectId: ProjectId;
  serviceId: ServiceId | null;
  /** Null when its maker did not say: logs of before. */
  environmentId: EnvironmentId | null;
};

/** One log: of a build, of a one-off command, or of everything a workload ever ran as a service. */
export type LogStream = StreamOwner & {
  id: StreamId;
  /** The number of the next line; lines count from 1. */
  nextLine: number;
  /** The oldest line that is kept; `nextLine` when none is. */
  firstLine: number;
  /** Of all lines that were ever taken. */
  textBytes: number;
  /** Of the chunks, as they lie on disk. */
  storedBytes: number;
  droppedLines: number;
  /** Since when lines are dropped because the log is too large. */
  fullAt: Date | null;
  endedAt: Date | null;
  createdAt: Date;
};

export const kindOf = (id: StreamId): StreamKind => {
  if (id.startsWith("build.")) return "build";
  return id.startsWith("run.") ? "run" : "runtime";
};

export const buildStreamOf = (jobId: string): StreamId => `build.${jobId}` as StreamId;
export const runtimeStreamOf = (workloadId: string): StreamId => `runtime.${workloadId}` as StreamId;
