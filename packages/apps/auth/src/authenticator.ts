import type { SealedAt } from "@homeport/kit/keys/keyring.ts";
import type { SealedColumn } from "@homeport/kit/keys/sealed-column.ts";

/** Where the secret of somebody's authenticator is sealed: it is the person's, in whatever organisation they work. */
export const authenticatorPlace = (personId: string): SealedAt => ({
  table: "auth.authenticators",
  row: personId,
  field: "secret_sealed",
  organisationId: null,
});

export const SEALED_AUTHENTICATORS: SealedColumn = {
  table: "auth.authenticators",
  field: "secret_sealed",
  key: ["person_id"],
  also: [],
  at: (row) => authenticatorPlace(String(row.person_id)),
};
