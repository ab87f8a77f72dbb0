import type { Db } from "@homeport/kit/db/connect.ts";
import { type DeniedSignIn, MAX_DENIED } from "../sign-in-rule.ts";

const columns = (sql: Db) => sql`
  id, email, method, address, user_agent as "userAgent", reason, denied_at as "deniedAt"`;

export const insertDenied = async (sql: Db, denied: Omit<DeniedSignIn, "deniedAt">): Promise<void> => {
  await sql`
    insert into auth.denied_sign_ins (id, email, method, address, user_agent, reason)
    values (${denied.id}, ${denied.email}, ${denied.method}, ${denied.address}, ${denied.userAgent},
      ${denied.reason})`;
};

export const findDenied = async (sql: Db, id: string): Promise<DeniedSignIn | null> => {
  const [row] = await sql<DeniedSignIn[]>`select ${columns(sql)} from auth.denied_sign_ins where id = ${id}`;
  return row ?? null;
};

/** Newest first, before the one `before`; ids are made in the order of time. */
export const listDenied = (sql: Db, before: string | null, limit: number): Promise<DeniedSignIn[]> => sql<
  DeniedSignIn[]
>`
  select ${columns(sql)}
  from auth.denied_sign_ins
  where ${before}::uuid is null or id < ${before}
  order by id desc
  limit ${limit}`;

export const removeOldDenied = async (sql: Db, before: Date): Promise<void> => {
  await sql`
    delete from auth.denied_sign_ins
    where denied_at < ${before}
      or id <= (select id from auth.denied_sign_ins order by id desc offset ${MAX_DENIED} limit 1)`;
};
