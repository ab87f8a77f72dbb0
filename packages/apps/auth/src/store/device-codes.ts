import type { Db } from "@homeport/kit/db/connect.ts";
import type { OrganisationId, PersonId } from "@homeport/kit/ids.ts";
import { type DeviceState, SLOWER_BY_SECONDS, type WaitingDevice } from "../device-code.ts";

/** False when another one has this user code. */
export const insertDeviceCode = async (
  sql: Db,
  code: { deviceHash: Uint8Array; userCode: string; clientName: string; address: string; expiresAt: Date },
): Promise<boolean> => {
  const rows = await sql`
    insert into auth.device_codes (device_hash, user_code, client_name, address, state, expires_at)
    values (${code.deviceHash}, ${code.userCode}, ${code.clientName}, ${code.address}, 'pending', ${code.expiresAt})
    on conflict (user_code) do nothing
    returning user_code`;
  return rows.length === 1;
};

export const findWaitingDevice = async (sql: Db, userCode: string): Promise<WaitingDevice | null> => {
  const [row] = await sql<WaitingDevice[]>`
    select user_code as "userCode", client_name as "clientName", address, created_at as "createdAt"
    from auth.device_codes
    where user_code = ${userCode} and state = 'pending' and expires_at > now()`;
  return row ?? null;
};

/** Gives the answer, once. Null when there is no such code that waits. */
export const decideDevice = async (
  sql: Db,
  userCode: string,
  approvedBy: { personId: PersonId; organisationId: OrganisationId } | null,
): Promise<WaitingDevice | null> => {
  const [row] = await sql<WaitingDevice[]>`
    update auth.device_codes
    set state = ${approvedBy === null ? "denied" : "approved"}, person_id = ${approvedBy?.personId ?? null},
      organisation_id = ${approvedBy?.organisationId ?? null}
    where user_code = ${userCode} and state = 'pending' and expires_at > now()
    returning user_code as "userCode", client_name as "clientName", address, created_at as "createdAt"`;
  return row ?? null;
};

export type Poll = { intervalSeconds: number; tooEarly: boolean };

/**
 * Notes that a command line looked, and whether it did so too early: then it has to wait longer from now on. Null when the
 * code is over.
 */
export const pollDevice = async (sql: Db, deviceHash: Uint8Array): Promise<Poll | null> => {
  const [row] = await sql<Poll[]>`
    with before as (
      select device_hash,
        coalesce(polled_at > now() - interval_seconds * interval '1 second', false) as too_early
      from auth.device_codes
      where device_hash = ${deviceHash} and expires_at > now()
      for update
    )
    update auth.device_codes d
    set polled_at = now(),
      interval_seconds = d.interval_seconds + case when before.too_early then ${SLOWER_BY_SECONDS}::int else 0 end
    from before
    where d.device_hash = before.device_hash
    returning d.interval_seconds as "intervalSeconds", before.too_early as "tooEarly"`;
  return row ?? null;
};

export const findDeviceState = async (sql: Db, deviceHash: Uint8Array): Promise<DeviceState | null> => {
  const [row] = await sql<DeviceState[]>`
    select state, person_id as "personId", organisation_id as "organisationId"
    from auth.device_codes
    where device_hash = ${deviceHash} and expires_at > now()`;
  return row ?? null;
};

/** Uses an answer up. Of many at once exactly one gets it. */
export const spendDeviceCode = async (
  sql: Db,
  deviceHash: Uint8Array,
): Promise<{ state: "approved" | "denied"; clientName: string } | null> => {
  const [row] = await sql<{ state: "approved" | "denied"; clientName: string }[]>`
    delete from auth.device_codes
    where device_hash = ${deviceHash} and state <> 'pending'
    returning state, client_name as "clientName"`;
  return row ?? null;
};

export const removeEndedDeviceCodes = async (sql: Db): Promise<void> => {
  await sql`delete from auth.device_codes where expires_at <= now()`;
};
