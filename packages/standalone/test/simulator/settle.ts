import { NODE_LEASE_MS } from "@homeport/clusters/node.ts";
import { NODE_WAIT_MS } from "@homeport/clusters/plan.ts";
import { isRolling, wantedReplicas } from "@homeport/clusters/workload.ts";
import type { DeploymentId, NodeId, ReplicaId, WorkloadId } from "@homeport/kit/ids.ts";
import { releaseOf, replicasOf, type WorkloadRow } from "./clusters-store.ts";
import { answers } from "./container.ts";
import { isOver } from "./deployments-store.ts";
import type { Journal } from "./users.ts";
import { dateOf, msOf, type World } from "./world.ts";

/** I9: what is not yet as it was wished; none once all is. */
export const differences = (world: World, journal: Journal): string[] => {
  const { deployments, clusters, ci } = world;
  const found: string[] = [];
  for (const row of deployments.deployments.values())
    if (!isOver(row)) found.push(`deployment ${row.id} is ${row.state}`);
  for (const { workloadId } of deployments.teardowns.values()) found.push(`${workloadId} is being taken away`);
  for (const { id, state } of ci.jobs.values())
    if (state === "queued" || state === "running") found.push(`job ${id} is ${state}`);
  for (const run of clusters.runs.values()) {
    if (run.finishedAt === null) found.push(`run ${run.id} is ${run.state}`);
    else if (run.nodeId !== null && run.goneAt === null && !isGone(world, run.nodeId))
      found.push(`something is left of run ${run.id}`);
  }
  // I1: what was acknowledged is there, but for what went with its service.
  for (const [id, workloadId] of journal.deployments) {
    if (deployments.services.has(workloadId) && !deployments.deployments.has(id as DeploymentId))
      found.push(`deployment ${id} was acknowledged and is lost`);
  }
  for (const id of journal.removed) if (deployments.services.has(id)) found.push(`${id} was removed and is there`);
  for (const id of world.pins) {
    if ((deployments.deployments.get(id)?.releaseId ?? null) === null)
      found.push(`image of ${id} is pinned for nobody`);
  }
  for (const { workloadId, currentReleaseId } of deployments.services.values())
    found.push(...differencesOf(world, workloadId, currentReleaseId));
  for (const { id } of clusters.workloads.values()) {
    if (deployments.services.has(id)) continue;
    if (!replicasOf(clusters, id).some(({ nodeId }) => isGone(world, nodeId))) found.push(`workload ${id} is left`);
  }
  found.push(...leftOnNodes(world), ...behindAtGateways(world));
  return found;
};

const isGone = ({ agents }: World, nodeId: string): boolean =>
  agents.find((agent) => agent.nodeId === nodeId)?.engine.isGone === true;

const differencesOf = (world: World, id: WorkloadId, currentReleaseId: string | null): string[] => {
  const { clusters } = world;
  const workload = clusters.workloads.get(id);
  if (workload === undefined) return currentReleaseId === null ? [] : [`${id} has a live release and does not run`];
  const found: string[] = [];
  if (isRolling(workload.rollout)) found.push(`${id} is ${workload.rollout.state}`);
  const release = releaseOf(clusters, id, workload.serving?.generation)?.spec;
  if ((release?.releaseId ?? null) !== currentReleaseId)
    found.push(`${id} serves ${release?.releaseId ?? "nothing"}, live is ${currentReleaseId}`);
  const replicas = replicasOf(clusters, id).filter(({ nodeId, role }) => role === "serving" || !isGone(world, nodeId));
  const wanted = release === undefined ? 0 : wantedReplicas(release);
  if (isStuck(world, workload)) return [];
  if (replicas.length !== wanted) found.push(`${id} has ${replicas.length} replicas of ${wanted}`);
  for (const { id: replicaId, role, state, generation, nodeId } of replicas) {
    if (role !== "serving" || state !== "ready" || generation !== workload.serving?.generation)
      found.push(`${replicaId} of ${id} is ${role} and ${state}`);
    const agent = world.agents.find((each) => each.nodeId === nodeId);
    if (agent === undefined || !answers(world, agent.engine, replicaId))
      found.push(`${replicaId} of ${id} does not answer`);
  }
  const ready = workload.targets.filter(({ state }) => state === "ready").map(({ replicaId }) => replicaId);
  if (ready.length !== wanted || workload.targets.length !== wanted) found.push(`${id} has ${ready.length} targets`);
  return found;
};

/** What has to be alone waits for ever for a node that is gone: nobody knows whether it still writes there. */
export const isStuck = (world: World, { id, volumeNodeId, serving, generation }: WorkloadRow): boolean => {
  const { clusters } = world;
  if (volumeNodeId !== null && isGone(world, volumeNodeId)) return true;
  const isAlone = [serving?.generation, generation].some(
    (each) => releaseOf(clusters, id, each)?.spec.strategy.kind === "recreate",
  );
  return isAlone && replicasOf(clusters, id).some(({ nodeId }) => isGone(world, nodeId));
};

/** Nothing runs or lies around on a node that its control plane does not know of. */
const leftOnNodes = (world: World): string[] =>
  world.agents.flatMap(({ engine, nodeId, mind }) => {
    if (engine.isGone) return [];
    const left = [...engine.containers.keys()].filter(
      (id) => !world.clusters.replicas.has(id as ReplicaId) && world.clusters.runs.get(id)?.goneAt !== null,
    );
    const generation = world.clusters.nodes.get(nodeId as NodeId)?.generation;
    return [
      ...left.map((id) => `${id} is left on ${nodeId}`),
      ...(mind.desired?.generation === generation ? [] : [`${nodeId} is behind`]),
    ];
  });

const behindAtGateways = ({ gateways, clusters }: World): string[] =>
  gateways.flatMap(({ process, table }) =>
    table.revision === clusters.revision
      ? []
      : [`${process.name} serves revision ${table.revision} of ${clusters.revision}`],
  );

/** Waits that have a name and an end: while one of them runs, nothing has to become as it was wished. */
export const waitsFor = (world: World): string | null => {
  const { now, deployments, clusters, ci } = world;
  for (const row of deployments.deployments.values())
    if (row.leaseToken !== null && row.leaseUntil >= now && row.leaseUntil - now < 15_000) return "the lease of a step";
  for (const job of ci.jobs.values()) if (job.state === "running") return "a build";
  for (const { finishedAt, nodeId, workloadId } of clusters.runs.values()) {
    const fixed = clusters.workloads.get(workloadId)?.volumeNodeId ?? null;
    if (finishedAt === null && (nodeId !== null || (fixed !== null && isGone(world, fixed)))) return "a run";
  }
  for (const { workloadId } of deployments.teardowns.values()) if (workloadId !== "") return "a teardown";
  if (isLossUnknown(world, LOST_AFTER_MS)) return "a node that is gone and not missed yet";
  const date = dateOf(now);
  for (const workload of clusters.workloads.values()) {
    const { rollout, repairs, id, removing } = workload;
    if (repairs.notBefore !== null && repairs.notBefore > date) return "the next try of a repair";
    if (rollout.state === "running" && rollout.phase.at === "canary") return "a step of a canary";
    if (removing) continue;
    if (isRolling(rollout) && replicasOf(clusters, id).some(({ nodeId }) => isGone(world, nodeId)))
      return "a node that is away";
    if (workload.volumeNodeId !== null && isGone(world, workload.volumeNodeId) && isRolling(rollout))
      return "a node that is gone";
  }
  return null;
};

/** What runs on a node that is gone is replaced after so long: NODE_WAIT_MS, and the sweep that looks at it. */
const LOST_AFTER_MS = NODE_WAIT_MS + 30_000;
/** Clocks of those who judge differ. */
const CLOCKS_MS = 3_000;

/** Whether a node is gone of which not all has been told yet; by default, that it does not even count as offline. */
export const isLossUnknown = (world: World, ms: number = NODE_LEASE_MS): boolean =>
  world.agents.some(({ engine, nodeId }) => {
    const node = engine.isGone ? world.clusters.nodes.get(nodeId) : undefined;
    return node !== undefined && world.now - msOf(node.lastSeenAt) <= ms + CLOCKS_MS;
  });
