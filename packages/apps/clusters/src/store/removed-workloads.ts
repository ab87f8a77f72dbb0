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

export const forgetRemovedBefore = async (sql: Db, before: Date): Promise<void> => {
  await sql`delete from clusters.removed_workloads where removed_at < ${before}`;
};
