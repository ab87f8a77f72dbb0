import { DomainError } from "@homeport/kit/errors.ts";
import type { NodeId } from "@homeport/kit/ids.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { DesiredReplica, DesiredState } from "../contract/replica.ts";
import { readWanted, type WantedReplica } from "../store/desired.ts";
import { findGeneration, touchNode } from "../store/nodes.ts";
import type { ClustersDeps } from "./deps.ts";
import { openParts } from "./release-env.ts";

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
  const wanted = await readWanted(deps.sql, nodeId);
  if (wanted === null) throw unknownNode();
  return {
    nodeId,
    generation: wanted.generation,
    complete: true,
    replicas: wanted.replicas.map((replica) => toDesired(replica, deps.keys)),
  };
};

const toDesired = (replica: WantedReplica, keys: Keyring): DesiredReplica => {
  const { releaseId, number, image, port, command, health, resources, graceSeconds } = replica.spec;
  return {
    id: replica.id,
    workloadId: replica.workloadId,
    organisationId: replica.organisationId,
    projectId: replica.projectId,
    projectSlug: replica.projectSlug,
    serviceSlug: replica.serviceSlug,
    releaseId,
    releaseNumber: number,
    image,
    ...openParts(keys, replica, replica),
    port,
    ...(command === undefined ? {} : { command }),
    health,
    resources,
    graceSeconds,
    restart: replica.role === "candidate" ? "never" : "always",
    desired: replica.role === "stopping" ? "stopped" : "running",
    aliases: [replica.serviceSlug],
  };
};
