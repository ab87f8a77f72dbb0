import type { NodeId, OrganisationId, ProjectId, ReleaseId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Target } from "@homeport/kit/registry/record.ts";
import type { Reason, WorkloadRelease } from "./contract/release.ts";

export type { Reason, Strategy, WorkloadRelease } from "./contract/release.ts";

/** A step of a canary: its weight stands in our table since `since`; its time counts from when gateways serve it. */
export type CanaryStep = {
  index: number;
  revision: number;
  since: Date;
  acknowledgedAt: Date | null;
  /** Since when without a gap it is known what gateways count; null while they could not be asked. */
  measuredSince: Date | null;
  /** When its time was over and nothing spoke against going on. */
  passedAt: Date | null;
};

/** How far a running rollout is. */
export type Phase =
  /** Its replicas start, or what serves is taken off first. */
  | { at: "starting" }
  /** Its first replicas have a part of the traffic. */
  | ({ at: "canary" } & CanaryStep)
  /** It failed after what served was taken off, and that is being started again. */
  | { at: "restoring"; reason: Reason; since: Date };

/** How the release of the newest generation is getting on. */
export type Rollout =
  | { state: "running"; startedAt: Date; phase: Phase }
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
  /** Where it was asked to run. */
  pinnedNodeId: NodeId | null;
  /** Where its volumes are; stronger than what is asked. */
  volumeNodeId: NodeId | null;
  generation: number;
  abortedGeneration: number;
  removing: boolean;
  rollout: Rollout;
  /** The generation that has the traffic, or gets it back: see `offSince`. */
  serving: { generation: number; since: Date } | null;
  /** Since when nothing of `serving` has traffic, because its replicas were stopped for a release that replaces them. */
  offSince: Date | null;
  /** How often in a row a lost replica could not be replaced, and when the next try may begin. */
  repairs: { count: number; notBefore: Date | null };
  hosts: string[];
  targets: Target[];
};

/** A release without its variables and files, which stay sealed. */
export type ReleaseSpec = Omit<WorkloadRelease, "env" | "files" | "releaseId"> & { releaseId: ReleaseId };

export const isRolling = (rollout: Rollout): boolean => rollout.state === "running" || rollout.state === "switching";

/** How many replicas of a release stand. */
export const wantedReplicas = ({ kind, replicas }: Pick<ReleaseSpec, "kind" | "replicas">): number =>
  kind === "cron" ? 0 : replicas;

/** Whether nothing else of the workload may run beside it. A release with volumes always is. */
export const isExclusive = ({ strategy }: Pick<ReleaseSpec, "strategy">): boolean => strategy.kind === "recreate";

/** The only node it may run on; null for any. */
export const fixedNode = ({ volumeNodeId, pinnedNodeId }: Pick<Workload, "volumeNodeId" | "pinnedNodeId">) =>
  volumeNodeId ?? pinnedNodeId;
