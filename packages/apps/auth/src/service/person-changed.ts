import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { PersonId } from "@homeport/kit/ids.ts";

/** Tells whoever keeps something about people to ask anew; what changed is not said, because it may be personal. */
export const personChanged = (tx: Tx | Sql, personId: PersonId): Promise<string> =>
  emit(tx, {
    type: "auth.person.changed",
    source: "auth",
    organisationId: null,
    subject: personId,
    data: { personId },
  });
