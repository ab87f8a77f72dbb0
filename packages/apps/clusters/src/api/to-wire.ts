import { invariant } from "@homeport/kit/errors.ts";
import type { z } from "zod";
import type { NodeView, ReplicaView, Run as RunView, WorkloadView } from "../contract.ts";
import { type ClusterNode, isOnline, isolates } from "../node.ts";
import { isCompleted, type Replica } from "../replica.ts";
import { logStreamOf, type Run } from "../run.ts";
import type { WorkloadDetails } from "../service/read-workload.ts";
import { countReady } from "../standing.ts";
import { type CanaryStep, isRolling, type Phase, type Reason, type ReleaseSpec, wantedReplicas } from "../workload.ts";

type Wire<T extends z.ZodType> = z.input<T>;

export const toNodeView = (node: ClusterNode, now: Date): Wire<typeof NodeView> => ({
  nodeId: node.id,
  name: node.name,
  engine: node.engine,
  engineVersion: node.engineVersion,
  version: node.version,
  ...(node.os === null ? {} : { os: node.os }),
  ...(node.arch === null ? {} : { arch: node.arch }),
  capacity: { cpus: node.cpus, memoryMiB: node.memoryMiB },
  isolates: isolates(node.engine),
  state: isOnline(node, now) ? "online" : "offline",
  replicaCount: node.replicaCount,
  lastSeenAt: node.lastSeenAt.toISOString(),
  registeredAt: node.registeredAt.toISOString(),
});

export const toWorkloadView = (details: WorkloadDetails): Wire<typeof WorkloadView> => {
  const { workload, replicas } = details;
  const { rollout } = workload;
  return {
    workloadId: workload.id,
    organisationId: workload.organisationId,
    projectId: workload.projectId,
    projectSlug: workload.projectSlug,
    serviceSlug: workload.serviceSlug,
    generation: workload.generation,
    phase: workload.removing ? "removing" : isRolling(rollout) ? "rolling_out" : "settled",
    rollout: toRolloutView(details),
    serving: toServingView(details),
    hosts: workload.hosts,
    replicas: replicas.map((replica) => toReplicaView(details, replica)),
  };
};

const toRolloutView = (details: WorkloadDetails): Wire<typeof WorkloadView>["rollout"] => {
  const { workload, replicas, figures } = details;
  const { rollout, generation } = workload;
  const spec = specOf(details, generation);
  const reason =
    rollout.state === "failed" ? rollout.reason : rollout.state === "running" ? reasonOf(rollout.phase) : null;
  return {
    ...releaseOf(details, generation),
    state: rollout.state,
    ...(reason === null ? {} : { reason }),
    strategy: spec.strategy.kind,
    ...(rollout.state === "running" && rollout.phase.at === "canary" ? { step: toStep(rollout.phase, spec) } : {}),
    wanted: wantedReplicas(spec),
    ready: countReady(replicas, generation, spec),
    requests: figures?.requests ?? null,
    failedRequests: figures?.failedRequests ?? null,
    startedAt: rollout.startedAt.toISOString(),
    finishedAt: "finishedAt" in rollout ? rollout.finishedAt.toISOString() : null,
  };
};

const reasonOf = (phase: Phase): Reason | null => (phase.at === "restoring" ? phase.reason : null);

const toStep = ({ index, since, acknowledgedAt }: CanaryStep, { strategy }: ReleaseSpec) => ({
  index,
  weight: strategy.kind === "canary" ? (strategy.steps[index]?.weight ?? 0) : 0,
  since: (acknowledgedAt ?? since).toISOString(),
});

const toServingView = (details: WorkloadDetails): Wire<typeof WorkloadView>["serving"] => {
  const { serving, offSince } = details.workload;
  if (serving === null || offSince !== null) return null;
  const spec = specOf(details, serving.generation);
  const replicas = details.replicas.filter(
    ({ role, generation }) => role === "serving" && generation === serving.generation,
  );
  return {
    ...releaseOf(details, serving.generation),
    since: serving.since.toISOString(),
    completed: replicas.length > 0 && replicas.every((replica) => isCompleted(replica, spec)),
  };
};

const toReplicaView = (details: WorkloadDetails, replica: Replica): Wire<typeof ReplicaView> => ({
  id: replica.id,
  nodeId: replica.nodeId,
  ...releaseOf(details, replica.generation),
  role: replica.role,
  ordinal: replica.ordinal,
  desired: replica.role === "stopping" ? "stopped" : "running",
  state: isCompleted(replica, specOf(details, replica.generation)) ? "completed" : replica.state,
  ...(replica.address === null ? {} : { address: replica.address }),
  restarts: replica.restarts,
  ...(replica.reason === null ? {} : { reason: replica.reason }),
  ...(replica.startedAt === null ? {} : { startedAt: replica.startedAt.toISOString() }),
  ...(replica.readyAt === null ? {} : { readySince: replica.readyAt.toISOString() }),
  createdAt: replica.createdAt.toISOString(),
});

export const toRunView = (run: Run): Wire<typeof RunView> => ({
  runId: run.id,
  workloadId: run.workloadId,
  state: run.state,
  exitCode: run.exitCode,
  reason: run.reason,
  logStream: logStreamOf(run),
  startedAt: run.startedAt?.toISOString() ?? null,
  finishedAt: run.finishedAt?.toISOString() ?? null,
  nodeId: run.nodeId,
});

const specOf = ({ releases }: WorkloadDetails, generation: number): ReleaseSpec => {
  const release = releases.get(generation);
  invariant(release !== undefined, "a release is kept as long as anything refers to it");
  return release;
};

const releaseOf = (details: WorkloadDetails, generation: number) => {
  const { releaseId, number } = specOf(details, generation);
  return { generation, releaseId, releaseNumber: number };
};
