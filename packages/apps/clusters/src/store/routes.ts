import type { Db } from "@homeport/kit/db/connect.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import { Target } from "@homeport/kit/registry/record.ts";
import { z } from "zod";
import type { RouteTable } from "../route.ts";

/** JSON of the targets column. */
export const Targets = z.array(Target);

/** All routes and their revision, in one statement and so as of one moment. */
export const readRoutes = async (sql: Db): Promise<RouteTable> => {
  const [row] = await sql<[{ revision: number; routes: { id: string; hosts: string[]; targets: unknown }[] }]>`
    select t.revision, coalesce(
      (select jsonb_agg(jsonb_build_object('id', w.id, 'hosts', w.hosts, 'targets', w.targets) order by w.id)
       from clusters.workloads w
       where not w.removing), '[]') as routes
    from clusters.route_table t`;
  return {
    revision: row.revision,
    routes: row.routes.map(({ id, hosts, targets }) => ({
      schema: 1,
      workloadId: id,
      hosts,
      targets: Targets.parse(targets),
    })),
  };
};

export const readRevision = async (sql: Db): Promise<number> => {
  const [row] = await sql<[{ revision: number }]>`select revision from clusters.route_table`;
  return row.revision;
};

/** Takes the next revision. Held until the transaction ends, so that revisions are committed in their order. */
export const bumpRevision = async (sql: Db): Promise<number> => {
  const [row] = await sql<[{ revision: number }]>`
    update clusters.route_table set revision = revision + 1 returning revision`;
  return row.revision;
};

/** Goes past a revision that was seen outside: this database is older than what gateways serve. */
export const raiseRevisionAbove = async (sql: Db, floor: number): Promise<void> => {
  await sql`update clusters.route_table set revision = ${floor + 1} where revision <= ${floor}`;
};

/** Stores where the requests of a workload go. */
export const setTargets = async (sql: Db, id: WorkloadId, hosts: string[], targets: Target[]): Promise<void> => {
  await sql`
    update clusters.workloads
    set hosts = ${sql.array(hosts)}, targets = ${sql.json(targets)}
    where id = ${id}`;
};
