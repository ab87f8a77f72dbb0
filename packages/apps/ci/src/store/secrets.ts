import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { JobPlace } from "../job.ts";

export const insertSecrets = async (sql: Db, { id, organisationId }: JobPlace, sealed: Uint8Array): Promise<void> => {
  await sql`
    insert into ci.job_secrets (job_id, organisation_id, secrets_sealed)
    values (${id}, ${organisationId}, ${sealed})`.catch(dbError());
};

/** Null for a job without any. */
export const findSecrets = async (sql: Db, { id, organisationId }: JobPlace): Promise<Uint8Array | null> => {
  const rows = await sql<{ sealed: Uint8Array }[]>`
    select secrets_sealed as sealed
    from ci.job_secrets
    where job_id = ${id} and organisation_id = ${organisationId}`.catch(dbError());
  return rows[0]?.sealed ?? null;
};

export const deleteSecrets = async (sql: Db, { id }: Pick<JobPlace, "id">): Promise<void> => {
  await sql`delete from ci.job_secrets where job_id = ${id}`.catch(dbError());
};
