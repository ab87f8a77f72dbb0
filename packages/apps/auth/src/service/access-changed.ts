import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";

/** Whose access became another one; what is left out is not narrowed to. */
export type Whose = { personId?: string; serviceAccountId?: string; sessionId?: string; tokenId?: string };

/**
 * Tells every process, in the transaction that makes it so, that somebody may do other things from now on: what it
 * remembers of credentials is asked for anew, and streams that are open are asked whether they may stay.
 */
export const announceAccess = (tx: Tx | Sql, organisationId: string | null, whose: Whose): Promise<string> =>
  emit(tx, {
    type: "auth.access.changed",
    source: "auth",
    organisationId,
    subject: whose.personId ?? whose.serviceAccountId ?? null,
    data: { ...whose },
  });
