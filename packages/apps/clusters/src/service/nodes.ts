import { DomainError } from "@homeport/kit/errors.ts";
import { isId, type NodeId } from "@homeport/kit/ids.ts";
import type { Hello } from "../contract/node.ts";
import type { ClusterNode } from "../node.ts";
import { findNode, listNodes, upsertNode } from "../store/nodes.ts";
import { lookAgain } from "./controller.ts";
import type { ClustersDeps } from "./deps.ts";

/** Registers a node, or takes it back after its agent was away. Returns the generation of its desired state. */
export const registerNode = async (deps: ClustersDeps, id: NodeId, hello: Hello): Promise<number> => {
  const { name, engine, engineVersion, version, os, arch, capacity, appliedGeneration } = hello;
  const node = { id, name, engine, engineVersion, version, os: os ?? null, arch: arch ?? null, ...capacity };
  const generation = await upsertNode(deps.sql, node, appliedGeneration, deps.clock());
  deps.signals.node(id).raise();
  await lookAgain(deps); // a rollout may be waiting for this node
  return generation;
};

export const findClusterNode = (deps: ClustersDeps, id: string): Promise<ClusterNode | null> =>
  isId(id) ? findNode(deps.sql, id) : Promise.resolve(null);

/** A page of nodes in the order of their ids; `nextCursor` is null on the last one. */
export const pageOfNodes = async (
  deps: ClustersDeps,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<{ items: ClusterNode[]; nextCursor: string | null }> => {
  if (cursor !== undefined && !isId(cursor)) throw new DomainError("invalid", "cursor: is not one of ours.");
  const found = await listNodes(deps.sql, limit + 1, cursor ?? null);
  const items = found.slice(0, limit);
  return { items, nextCursor: found.length > limit ? (items.at(-1)?.id ?? null) : null };
};
