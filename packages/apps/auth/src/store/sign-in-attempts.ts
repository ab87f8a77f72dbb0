import type { Db } from "@homeport/kit/db/connect.ts";

export type Attempts = { count: number; windowEndsAt: Date };

/**
 * Counts an attempt before it is made, so that of many at once each gets a number of its own. A window that has ended
 * starts anew; a full one does not get longer.
 */
export const countAttempt = async (sql: Db, subject: string, windowMs: number): Promise<Attempts> => {
  const [row] = await sql<Attempts[]>`
    insert into auth.sign_in_failures as f (subject, failure_count, window_ends_at)
    values (${subject}, 1, now() + ${windowMs} * interval '1 millisecond')
    on conflict (subject) do update set
      failure_count = case when f.window_ends_at <= now() then 1 else f.failure_count + 1 end,
      window_ends_at = case when f.window_ends_at <= now() then excluded.window_ends_at else f.window_ends_at end
    returning failure_count as "count", window_ends_at as "windowEndsAt"`;
  return row as Attempts;
};

/** Takes back one attempt that did not fail. */
export const forgetAttempt = async (sql: Db, subject: string): Promise<void> => {
  await sql`
    update auth.sign_in_failures set failure_count = failure_count - 1
    where subject = ${subject} and failure_count > 0`;
};

export const clearAttempts = async (sql: Db, subject: string): Promise<void> => {
  await sql`delete from auth.sign_in_failures where subject = ${subject}`;
};

export const removeEndedWindows = async (sql: Db): Promise<void> => {
  await sql`delete from auth.sign_in_failures where window_ends_at <= now()`;
};
