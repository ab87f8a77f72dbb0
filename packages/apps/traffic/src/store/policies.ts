import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import { RoutePolicy } from "@homeport/kit/registry/policy.ts";
import { z } from "zod";
import type { Policy, PolicyTable } from "../policy.ts";

/** JSON of the updated_by column. Before there were service accounts it was the second of these. */
const UpdatedBy = z.union([
  z.object({ kind: z.enum(["person", "service"]), id: z.uuid(), name: z.string() }),
  z
    .object({ personId: z.uuid(), name: z.string() })
    .transform(({ personId, name }) => ({ kind: "person" as const, id: personId, name })),
]);

type Row = Pick<Policy, "host" | "revision" | "updatedAt"> & { policy: unknown; updatedBy: unknown };

const toPolicy = (row: Row): Policy => ({
  ...row,
  policy: RoutePolicy.parse(row.policy),
  updatedBy: UpdatedBy.parse(row.updatedBy),
});

const columns = (sql: Db) => sql`host, policy, revision, updated_at as "updatedAt", updated_by as "updatedBy"`;

export const findPolicy = async (sql: Db, host: string): Promise<Policy | null> => {
  const [row] = await sql<Row[]>`select ${columns(sql)} from traffic.policies where host = ${host}`;
  return row === undefined ? null : toPolicy(row);
};

/** Policies by host, those after `afterHost` when given. */
export const listPolicies = async (sql: Db, limit: number, afterHost: string | null): Promise<Policy[]> => {
  const rows = await sql<Row[]>`
    select ${columns(sql)}
    from traffic.policies
    where ${afterHost}::text is null or host > ${afterHost}
    order by host
    limit ${limit}`;
  return rows.map(toPolicy);
};

export const countPolicies = async (sql: Db): Promise<number> => {
  const [row] = await sql<[{ count: number }]>`select count(*) as count from traffic.policies`;
  return row.count;
};

export const upsertPolicy = async (sql: Db, row: Policy): Promise<void> => {
  await sql`
    insert into traffic.policies (host, policy, revision, updated_at, updated_by)
    values (${row.host}, ${jsonb(sql, row.policy)}, ${row.revision}, ${row.updatedAt}, ${jsonb(sql, row.updatedBy)})
    on conflict (host) do update set
      policy = excluded.policy, revision = excluded.revision,
      updated_at = excluded.updated_at, updated_by = excluded.updated_by`;
};

export const deletePolicy = async (sql: Db, host: string): Promise<void> => {
  await sql`delete from traffic.policies where host = ${host}`;
};

/**
 * All policies and their revision, in one statement and so as of one moment. Not parsed: gateways do, and one that they
 * cannot read must not keep the others from them.
 */
export const readPolicyTable = async (sql: Db): Promise<PolicyTable> => {
  const [row] = await sql<[PolicyTable]>`
    select t.revision, coalesce(
      (select jsonb_agg(jsonb_build_object('host', p.host, 'policy', p.policy) order by p.host)
       from traffic.policies p), '[]') as policies
    from traffic.policy_table t`;
  return row;
};

export const readRevision = async (sql: Db): Promise<number> => {
  const [row] = await sql<[{ revision: number }]>`select revision from traffic.policy_table`;
  return row.revision;
};

/** Takes the next revision. Held until the transaction ends, so that revisions are committed in their order. */
export const bumpRevision = async (sql: Db): Promise<number> => {
  const [row] = await sql<[{ revision: number }]>`
    update traffic.policy_table set revision = revision + 1 returning revision`;
  return row.revision;
};

/** Goes past a revision that was seen outside: this database is older than what gateways serve. */
export const raiseRevisionAbove = async (sql: Db, floor: number): Promise<void> => {
  await sql`update traffic.policy_table set revision = ${floor + 1} where revision <= ${floor}`;
};
