import type { Db } from "@homeport/kit/db/connect.ts";
import { MAIL_LEASE_MS, MAX_ATTEMPTS, MAX_QUEUED, type MailId } from "../mail.ts";

export type ClaimedMail = { id: MailId; recipient: string; sealed: Uint8Array; attempts: number };

/** False when as many wait as may. */
export const insertMail = async (
  sql: Db,
  mail: { id: MailId; recipient: string; sealed: Uint8Array },
): Promise<boolean> => {
  const rows = await sql`
    insert into auth.mails (id, recipient, content_sealed)
    select ${mail.id}, ${mail.recipient}, ${mail.sealed}
    where (select count(*) from auth.mails where attempts < ${MAX_ATTEMPTS}) < ${MAX_QUEUED}
    returning id`;
  return rows.length === 1;
};

/**
 * Claims up to `limit` due mails. Who claimed one sends it before the lease ends; after that another may, so that a mail
 * is sent twice rather than never. Many may call it at once.
 */
export const claimMails = (sql: Db, limit: number): Promise<ClaimedMail[]> => sql<ClaimedMail[]>`
  with due as (
    select id from auth.mails
    where send_at <= now() and attempts < ${MAX_ATTEMPTS}
    order by send_at, id
    limit ${limit}
    for update skip locked
  )
  update auth.mails m
  set attempts = m.attempts + 1, send_at = now() + ${MAIL_LEASE_MS} * interval '1 millisecond'
  from due
  where m.id = due.id
  returning m.id, m.recipient, m.content_sealed as "sealed", m.attempts`;

export const removeMail = async (sql: Db, id: MailId): Promise<void> => {
  await sql`delete from auth.mails where id = ${id}`;
};

export const postponeMail = async (sql: Db, id: MailId, waitMs: number, error: string): Promise<void> => {
  await sql`
    update auth.mails
    set send_at = now() + ${waitMs} * interval '1 millisecond', last_error = ${error}
    where id = ${id}`;
};

/** It is not tried again. */
export const giveMailUp = async (sql: Db, id: MailId, error: string): Promise<void> => {
  await sql`
    update auth.mails set attempts = ${MAX_ATTEMPTS}, send_at = now(), last_error = ${error}
    where id = ${id}`;
};

/** Removes mails that were given up, and those that nobody could send since then, for lack of a server. */
export const removeMailsBefore = async (sql: Db, before: Date): Promise<void> => {
  await sql`delete from auth.mails where created_at < ${before}`;
};
