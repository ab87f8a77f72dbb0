import type { NodeId } from "@homeport/kit/ids.ts";

export type EngineKind = "docker" | "process";

/** A machine with an agent. */
export type ClusterNode = {
  id: NodeId;
  name: string;
  engine: EngineKind;
  engineVersion: string;
  version: string;
  os: string | null;
  arch: string | null;
  cpus: number;
  memoryMiB: number;
  /** Of its desired state. */
  generation: number;
  replicaCount: number;
  registeredAt: Date;
  lastSeenAt: Date;
};

/** Agents report at least every 10 s, and a poll may be open for 15 s. */
export const NODE_LEASE_MS = 30_000;

export const isOnline = (node: Pick<ClusterNode, "lastSeenAt">, now: Date): boolean =>
  now.getTime() - node.lastSeenAt.getTime() <= NODE_LEASE_MS;

/** The process engine runs children of the agent: they see the machine and each other. */
export const isolates = (engine: EngineKind): boolean => engine !== "process";
