import type { DesiredReplica, DesiredState } from "@homeport/clusters/contract.ts";
import type { ReleaseSpec } from "@homeport/clusters/workload.ts";
import type { NodeId } from "@homeport/kit/ids.ts";
import { releaseOf } from "./clusters-store.ts";
import type { World } from "./world.ts";

/** `readDesired`; null for an unknown node. */
export const readDesired = (world: World, nodeId: NodeId): DesiredState | null => {
  const { clusters: db } = world;
  const node = db.nodes.get(nodeId);
  if (node === undefined) return null;
  const replicas: DesiredReplica[] = [];
  for (const row of db.replicas.values()) {
    if (row.nodeId !== nodeId) continue;
    const epoch = db.workloads.get(row.workloadId)?.generation ?? 1;
    const spec = releaseOf(db, row.workloadId, row.generation)?.spec;
    if (spec === undefined) throw new Error("a release is kept for as long as a replica runs it");
    const isNew = row.role === "candidate" || row.role === "canary";
    replicas.push({
      ...common(row, spec, epoch),
      kind: "service",
      health: spec.health,
      restart: isNew ? "never" : spec.restart,
      volumes: spec.volumes,
      desired: row.role === "stopping" ? "stopped" : "running",
    });
  }
  for (const run of db.runs.values()) {
    if (run.nodeId !== nodeId || run.goneAt !== null) continue;
    const workload = db.workloads.get(run.workloadId);
    replicas.push({
      ...common(run, run.spec, workload?.generation ?? 1),
      kind: "run",
      health: { kind: "none" },
      restart: "never",
      volumes: workload?.volumeNodeId === nodeId ? run.spec.volumes : [],
      timeoutSeconds: run.timeoutSeconds,
      desired: run.finishedAt === null ? "running" : "stopped",
    });
  }
  return { nodeId, generation: node.generation, complete: true, replicas, images: [], tasks: [], shells: [] };
};

const common = ({ id, workloadId }: { id: string; workloadId: string }, spec: ReleaseSpec, epoch: number) => ({
  id,
  workloadId,
  epoch,
  organisationId: "home",
  projectId: "shop",
  projectSlug: "shop",
  serviceSlug: "api",
  releaseId: spec.releaseId,
  releaseNumber: spec.number,
  image: spec.image,
  env: {},
  files: [],
  port: spec.port,
  resources: spec.resources,
  graceSeconds: spec.graceSeconds,
  aliases: [],
  command: undefined,
});
