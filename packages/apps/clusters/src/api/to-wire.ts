import { invariant } from "@homeport/kit/errors.ts";
import type { z } from "zod";
import type { NodeView, ReplicaView, WorkloadView } from "../contract.ts";
import { type ClusterNode, isOnline, isolates } from "../node.ts";
import type { Replica } from "../replica.ts";
import type { WorkloadDetails } from "../service/read-workload.ts";
import { isRolling } from "../workload.ts";

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
  const { rollout, serving } = workload;
  return {
    workloadId: workload.id,
    organisationId: workload.organisationId,
    projectId: workload.projectId,
    projectSlug: workload.projectSlug,
    serviceSlug: workload.serviceSlug,
    generation: workload.generation,
    phase: workload.removing ? "removing" : isRolling(rollout) ? "rolling_out" : "settled",
    rollout: {
      ...releaseOf(details, workload.generation),
      state: rollout.state,
      ...(rollout.state === "failed" ? { reason: rollout.reason } : {}),
      startedAt: rollout.startedAt.toISOString(),
      finishedAt: "finishedAt" in rollout ? rollout.finishedAt.toISOString() : null,
    },
    serving:
      serving === null ? null : { ...releaseOf(details, serving.generation), since: serving.since.toISOString() },
    hosts: workload.hosts,
    replicas: replicas.map((replica) => toReplicaView(details, replica)),
  };
};

const toReplicaView = (details: WorkloadDetails, replica: Replica): Wire<typeof ReplicaView> => ({
  id: replica.id,
  nodeId: replica.nodeId,
  ...releaseOf(details, replica.generation),
  role: replica.role,
  desired: replica.role === "stopping" ? "stopped" : "running",
  state: replica.state,
  ...(replica.address === null ? {} : { address: replica.address }),
  restarts: replica.restarts,
  ...(replica.reason === null ? {} : { reason: replica.reason }),
  ...(replica.startedAt === null ? {} : { startedAt: replica.startedAt.toISOString() }),
  ...(replica.readyAt === null ? {} : { readySince: replica.readyAt.toISOString() }),
  createdAt: replica.createdAt.toISOString(),
});

const releaseOf = ({ releases }: WorkloadDetails, generation: number) => {
  const release = releases.get(generation);
  invariant(release !== undefined, "a release is kept as long as anything refers to it");
  return { generation, releaseId: release.releaseId, releaseNumber: release.number };
};
