import type { NodeId, OrganisationId, ProjectId, ReleaseId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Target } from "@homeport/kit/registry/record.ts";
import type { Reason, WorkloadRelease } from "./contract/release.ts";

export type { Reason, WorkloadRelease } from "./contract/release.ts";

/** How the release of the newest generation is getting on. */
export type Rollout =
  | { state: "running"; startedAt: Date }
  /** It has the traffic in our table; gateways are taking it over. */
  | { state: "switching"; startedAt: Date; revision: number; switchedAt: Date }
  | { state: "succeeded"; startedAt: Date; finishedAt: Date }
  | { state: "failed"; startedAt: Date; finishedAt: Date; reason: Reason }
  | { state: "aborted"; startedAt: Date; finishedAt: Date };

/** One service in one environment: the slot that releases take turns in. */
export type Workload = {
  id: WorkloadId;
  organisationId: OrganisationId;
  projectId: ProjectId;
  projectSlug: string;
  serviceSlug: string;
  pinnedNodeId: NodeId | null;
  generation: number;
  abortedGeneration: number;
  removing: boolean;
  rollout: Rollout;
  /** The generation that has the traffic. */
  serving: { generation: number; since: Date } | null;
  hosts: string[];
  targets: Target[];
};

/** A release without its variables and files, which stay sealed. */
export type ReleaseSpec = Omit<WorkloadRelease, "env" | "files" | "releaseId"> & { releaseId: ReleaseId };

export const isRolling = (rollout: Rollout): boolean => rollout.state === "running" || rollout.state === "switching";
