import type { Db } from "@homeport/kit/db/connect.ts";
import type { PersonId } from "@homeport/kit/ids.ts";

/** Notes that the person of a session has just proved who they are; null when the session is over. */
export const confirmSession = async (sql: Db, personId: PersonId, sessionId: string): Promise<Date | null> => {
  const [row] = await sql<{ verifiedAt: Date }[]>`
    update auth.sessions set verified_at = now()
    where id = ${sessionId} and person_id = ${personId}
    returning verified_at as "verifiedAt"`;
  return row?.verifiedAt ?? null;
};
