import type { Db } from "@homeport/kit/db/connect.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";

/** Deletes the last rows of a workload and remembers that it is gone. */
export const removeWorkload = async (sql: Db, id: WorkloadId, now: Date): Promise<void> => {
  await sql`delete from clusters.workloads where id = ${id}`;
  await rememberRemoved(sql, id, now);
};

/** Refuses an id from now on, whether or not a workload ever had it. */
export const rememberRemoved = async (sql: Db, id: string, now: Date): Promise<void> => {
  await sql`insert into clusters.removed_workloads (id, removed_at) values (${id}, ${now}) on conflict (id) do nothing`;
};

export const isRemoved = async (sql: Db, id: string): Promise<boolean> => {
  const rows = await sql`select id from clusters.removed_workloads where id = ${id}`;
  return rows.length > 0;
};

/** Refuses a generation of a workload that is not known yet, and those before it, when they arrive. */
export const rememberGivenUp = async (sql: Db, id: string, generation: number, now: Date): Promise<void> => {
  await sql`
    insert into clusters.given_up (workload_id, generation, given_up_at) values (${id}, ${generation}, ${now})
    on conflict (workload_id) do update set
      generation = greatest(given_up.generation, excluded.generation), given_up_at = excluded.given_up_at`;
};

/** 0 when none was given up. */
export const findGivenUp = async (sql: Db, id: string): Promise<number> => {
  const [row] = await sql<{ generation: number }[]>`
    select generation from clusters.given_up where workload_id = ${id}`;
  return row?.generation ?? 0;
};

/** What was removed or given up so long ago that nothing of it can be on its way any more. */
export const forgetRemovedBefore = async (sql: Db, before: Date): Promise<void> => {
  await sql`delete from clusters.removed_workloads where removed_at < ${before}`;
  await sql`delete from clusters.given_up where given_up_at < ${before}`;
};
