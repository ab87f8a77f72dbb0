import type { Db } from "../db/connect.ts";

/** One use of a key: whose, and for which request. */
export type KeyedRequest = { principal: string; key: string; organisationId: string; requestHash: Uint8Array };

/** A row that is long enough in the hands of one that does not answer; longer than any handler takes. */
const CLAIM_SECONDS = 60;
const KEPT_HOURS = 24;
/** Old rows that go with each new one: more than come, so the table stays as small as a day's requests. */
const REMOVED_AT_ONCE = 20;

/**
 * Takes a key for its first request. Null when somebody has it: the request was answered, or is being so. Any number of
 * callers at once; one gets it.
 */
export const claimKey = async (sql: Db, request: KeyedRequest): Promise<string | null> => {
  const { principal, key, organisationId, requestHash } = request;
  const [row] = await sql<{ claim: string }[]>`
    insert into platform.idempotency_keys as k (app, principal, key, organisation_id, request_hash)
    values (platform.calling_app(), ${principal}, ${key}, ${organisationId}, ${requestHash})
    on conflict (app, principal, key) do update set
      organisation_id = excluded.organisation_id, request_hash = excluded.request_hash, claim = excluded.claim,
      claimed_at = now(), created_at = now(), response_sealed = null
    where k.created_at < now() - ${KEPT_HOURS} * interval '1 hour'
      or (k.response_sealed is null and k.request_hash = excluded.request_hash
        and k.claimed_at < now() - ${CLAIM_SECONDS} * interval '1 second')
    returning claim`;
  return row?.claim ?? null;
};

export type KnownKey = { requestHash: Uint8Array; responseSealed: Uint8Array | null };

export const findKey = async (sql: Db, { principal, key }: KeyedRequest): Promise<KnownKey | null> => {
  const [row] = await sql<KnownKey[]>`
    select request_hash as "requestHash", response_sealed as "responseSealed"
    from platform.idempotency_keys
    where app = platform.calling_app() and principal = ${principal} and key = ${key}`;
  return row ?? null;
};

/** Keeps the answer; nothing, when the claim was lost to somebody who was here later. */
export const keepResponse = async (
  sql: Db,
  { principal, key }: KeyedRequest,
  claim: string,
  responseSealed: Uint8Array,
): Promise<void> => {
  await sql`
    update platform.idempotency_keys set response_sealed = ${responseSealed}
    where app = platform.calling_app() and principal = ${principal} and key = ${key} and claim = ${claim}`;
};

/** Gives a key back as if it had never been used. */
export const releaseKey = async (sql: Db, { principal, key }: KeyedRequest, claim: string): Promise<void> => {
  await sql`
    delete from platform.idempotency_keys
    where app = platform.calling_app() and principal = ${principal} and key = ${key} and claim = ${claim}`;
};

/** Removes some of the app's keys that are older than a day. */
export const removeOldKeys = async (sql: Db): Promise<void> => {
  await sql`
    delete from platform.idempotency_keys
    where (app, principal, key) in (
      select app, principal, key from platform.idempotency_keys
      where app = platform.calling_app() and created_at < now() - ${KEPT_HOURS} * interval '1 hour'
      order by created_at, principal, key
      limit ${REMOVED_AT_ONCE}
      for update skip locked)`;
};
