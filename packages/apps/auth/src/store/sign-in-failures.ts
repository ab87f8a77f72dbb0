import type { Db } from "@homeport/kit/db/connect.ts";

/** When the subject may try again, or null when it may now. */
export const findBlock = async (sql: Db, subject: string, max: number): Promise<Date | null> => {
  const [row] = await sql<{ until: Date }[]>`
    select window_ends_at as "until"
    from auth.sign_in_failures
    where subject = ${subject} and failure_count >= ${max} and window_ends_at > now()`;
  return row?.until ?? null;
};

/** Counts one failure; a window that has ended starts anew. */
export const countFailure = async (sql: Db, subject: string, windowMs: number): Promise<void> => {
  await sql`
    insert into auth.sign_in_failures as f (subject, failure_count, window_ends_at)
    values (${subject}, 1, now() + ${windowMs} * interval '1 millisecond')
    on conflict (subject) do update set
      failure_count = case when f.window_ends_at <= now() then 1 else f.failure_count + 1 end,
      window_ends_at = case when f.window_ends_at <= now() then excluded.window_ends_at else f.window_ends_at end`;
};

export const clearFailures = async (sql: Db, subject: string): Promise<void> => {
  await sql`delete from auth.sign_in_failures where subject = ${subject}`;
};

export const removeEndedWindows = async (sql: Db): Promise<number> => {
  const removed = await sql`delete from auth.sign_in_failures where window_ends_at <= now() returning subject`;
  return removed.length;
};
