import type { Db } from "@homeport/kit/db/connect.ts";
import type { NodeId } from "@homeport/kit/ids.ts";
import type { ClusterNode } from "../node.ts";

export type NodeDescription = Pick<
  ClusterNode,
  "id" | "name" | "engine" | "engineVersion" | "version" | "os" | "arch" | "cpus" | "memoryMiB"
>;

/**
 * Registers a node or refreshes what is known of it. Its generation ends above `appliedGeneration`, which may be ahead
 * of ours after a restored backup. Returns the generation.
 */
export const upsertNode = async (
  sql: Db,
  node: NodeDescription,
  appliedGeneration: number,
  now: Date,
): Promise<number> => {
  const [row] = await sql<[{ generation: number }]>`
    insert into clusters.nodes as n
      (id, name, engine, engine_version, version, os, arch, cpus, memory_mib, generation, registered_at, last_seen_at)
    values (${node.id}, ${node.name}, ${node.engine}, ${node.engineVersion}, ${node.version}, ${node.os}, ${node.arch},
      ${node.cpus}, ${node.memoryMiB}, ${appliedGeneration + 1}, ${now}, ${now})
    on conflict (id) do update set
      name = excluded.name, engine = excluded.engine, engine_version = excluded.engine_version,
      version = excluded.version, os = excluded.os, arch = excluded.arch, cpus = excluded.cpus,
      memory_mib = excluded.memory_mib, last_seen_at = excluded.last_seen_at, report_sequence = 0,
      generation = case when n.generation < ${appliedGeneration} then excluded.generation else n.generation end
    returning generation`;
  return row.generation;
};

const nodeColumns = (sql: Db) => sql`
  n.id, n.name, n.engine, n.engine_version as "engineVersion", n.version, n.os, n.arch, n.cpus,
  n.memory_mib as "memoryMiB", n.generation, n.registered_at as "registeredAt", n.last_seen_at as "lastSeenAt",
  (select count(*) from clusters.replicas r where r.node_id = n.id) as "replicaCount"`;

export const findNode = async (sql: Db, id: string): Promise<ClusterNode | null> => {
  const [row] = await sql<ClusterNode[]>`select ${nodeColumns(sql)} from clusters.nodes n where n.id = ${id}`;
  return row ?? null;
};

/** Nodes by registration, those after `afterId` when given. */
export const listNodes = (sql: Db, limit: number, afterId: string | null): Promise<ClusterNode[]> => sql<ClusterNode[]>`
  select ${nodeColumns(sql)}
  from clusters.nodes n
  where ${afterId}::uuid is null or n.id > ${afterId}
  order by n.id
  limit ${limit}`;

/** Every node, for placing a replica. */
export const listPlaces = (sql: Db): Promise<{ nodeId: NodeId; replicaCount: number; lastSeenAt: Date }[]> => sql<
  { nodeId: NodeId; replicaCount: number; lastSeenAt: Date }[]
>`
  select n.id as "nodeId", n.last_seen_at as "lastSeenAt",
    (select count(*) from clusters.replicas r where r.node_id = n.id)
    + (select count(*) from clusters.runs u where u.node_id = n.id and u.gone_at is null) as "replicaCount"
  from clusters.nodes n
  order by n.id`;

/** Notes that the node was heard of. False when there is no such node. */
export const touchNode = async (sql: Db, id: NodeId, now: Date): Promise<boolean> => {
  const touched = await sql`
    update clusters.nodes set last_seen_at = greatest(last_seen_at, ${now}) where id = ${id} returning id`;
  return touched.length > 0;
};

/**
 * The same for a report. Null when a later one was here first, or the node is unknown; its desired generation else.
 * The row stays locked until the transaction ends, so reports of one node are taken one after the other.
 */
export const acceptReport = async (
  sql: Db,
  id: NodeId,
  sequence: number | null,
  now: Date,
): Promise<{ generation: number } | null> => {
  const [row] = await sql<{ generation: number }[]>`
    update clusters.nodes
    set last_seen_at = greatest(last_seen_at, ${now}), report_sequence = coalesce(${sequence}, report_sequence)
    where id = ${id} and (${sequence}::bigint is null or report_sequence < ${sequence})
    returning generation`;
  return row ?? null;
};

export const findGeneration = async (sql: Db, id: NodeId): Promise<number | null> => {
  const [row] = await sql<{ generation: number }[]>`select generation from clusters.nodes where id = ${id}`;
  return row?.generation ?? null;
};

/**
 * Raises the generations of nodes' desired states; belongs into the transaction of the change. Nodes are locked in one
 * order, so that two changes of several nodes do not wait for each other; call it once in a transaction.
 */
export const bumpGenerations = async (sql: Db, ids: readonly NodeId[]): Promise<Map<NodeId, number>> => {
  if (ids.length === 0) return new Map();
  const rows = await sql<{ id: NodeId; generation: number }[]>`
    with locked as (
      select id from clusters.nodes where id in ${sql(ids as NodeId[])} order by id for update
    )
    update clusters.nodes n set generation = generation + 1
    from locked
    where n.id = locked.id
    returning n.id, n.generation`;
  return new Map(rows.map(({ id, generation }) => [id, generation]));
};
