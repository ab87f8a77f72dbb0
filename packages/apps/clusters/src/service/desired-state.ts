import { DomainError } from "@homeport/kit/errors.ts";
import type { NodeId } from "@homeport/kit/ids.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { DesiredReplica, DesiredState } from "../contract/replica.ts";
import { logStreamOf } from "../run.ts";
import { readWanted, type WantedReplica, type WantedRun } from "../store/desired.ts";
import { findGeneration, touchNode } from "../store/nodes.ts";
import type { ClustersDeps } from "./deps.ts";
import { openParts, openRun } from "./release-env.ts";
import { toDesiredTask } from "./tasks.ts";

/** How often a waiting poll looks by itself: another instance may have made the change. */
const LOOK_MS = 3_000;

/**
 * The whole desired state of a node, as soon as it is newer than `after`, or as it is once `waitSeconds` are over.
 *
 * @throws {DomainError} conflict, when the node did not say hello
 */
export const waitForDesired = async (
  deps: ClustersDeps,
  nodeId: NodeId,
  after: number,
  waitSeconds: number,
  until: AbortSignal,
): Promise<DesiredState> => {
  if (!(await touchNode(deps.sql, nodeId, deps.clock()))) throw unknownNode();
  const changed = deps.signals.node(nodeId);
  const giveUpAt = performance.now() + waitSeconds * 1000;
  for (;;) {
    const seen = changed.count();
    const generation = await findGeneration(deps.sql, nodeId);
    const leftMs = giveUpAt - performance.now();
    if (generation === null || generation > after || leftMs <= 0 || until.aborted)
      return await readDesired(deps, nodeId);
    await changed.waitAbove(seen, Math.min(LOOK_MS, leftMs), until);
  }
};

const unknownNode = () => new DomainError("conflict", "This node is not known; its agent has to say hello first.");

const readDesired = async (deps: ClustersDeps, nodeId: NodeId): Promise<DesiredState> => {
  const wanted = await deps.sql.begin("isolation level repeatable read read only", (tx) => readWanted(tx, nodeId));
  if (wanted === null) throw unknownNode();
  return {
    nodeId,
    generation: wanted.generation,
    complete: true,
    replicas: [
      ...wanted.replicas.map((replica) => toDesired(replica, deps.keys)),
      ...wanted.runs.map((run) => toDesiredRun(run, deps.keys)),
    ],
    images: wanted.images,
    tasks: wanted.tasks.map(toDesiredTask),
    shells: wanted.shells.map(({ id, replicaId, spec }) => ({ id, replicaId, ...spec })),
  };
};

const toDesired = (replica: WantedReplica, keys: Keyring): DesiredReplica => {
  const { health, restart, volumes, command } = replica.spec;
  return {
    id: replica.id,
    kind: "service",
    ...common(replica),
    ...openParts(keys, replica, replica),
    ...(command === undefined ? {} : { command }),
    health,
    // What tries to get the traffic is started once: that it ends is an answer.
    restart: replica.role === "candidate" || replica.role === "canary" ? "never" : restart,
    volumes,
    desired: replica.role === "stopping" ? "stopped" : "running",
    aliases: [replica.serviceSlug],
  };
};

const toDesiredRun = (run: WantedRun, keys: Keyring): DesiredReplica => {
  const { sealedEnv, sealedFiles, command, timeoutSeconds } = run;
  const parts = sealedEnv === null ? NO_PARTS : openRun(keys, run, { sealedEnv, sealedFiles });
  return {
    id: run.id,
    kind: "run",
    ...common(run),
    env: { ...parts.env, HOMEPORT_RUN_ID: run.id },
    files: parts.files,
    command,
    health: { kind: "none" },
    restart: "never",
    volumes: run.hasVolumes ? run.spec.volumes : [],
    timeoutSeconds,
    logStream: logStreamOf(run),
    desired: run.hasEnded ? "stopped" : "running",
    aliases: [],
  };
};

const NO_PARTS = { env: {}, files: [] };

const common = (wanted: WantedReplica | WantedRun) => {
  const { releaseId, number, image, port, resources, graceSeconds, networkId } = wanted.spec;
  const { workloadId, epoch, organisationId, projectId, projectSlug, serviceSlug } = wanted;
  return {
    workloadId,
    epoch,
    organisationId,
    projectId,
    ...(networkId === undefined ? {} : { networkId }),
    projectSlug,
    serviceSlug,
    releaseId,
    releaseNumber: number,
    image,
    port,
    resources,
    graceSeconds,
  };
};
