import type { JobId, OrganisationId } from "@homeport/kit/ids.ts";
import type { Keyring, SealedAt } from "@homeport/kit/keys/keyring.ts";
import type { SealedColumn } from "@homeport/kit/keys/sealed-column.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { BuildSecrets, ListRefsSecrets } from "../contract/secrets.ts";
import type { Job, JobPlace } from "../job.ts";

type SecretsOf = { build: BuildSecrets; list_refs: ListRefsSecrets };

const SCHEMAS = { build: BuildSecrets, list_refs: ListRefsSecrets } as const;

/** Where the secrets of a job are sealed: they are worth nothing in the row of another one. */
const placeOf = ({ id, organisationId }: JobPlace): SealedAt => ({
  table: "ci.job_secrets",
  row: id,
  field: "secrets_sealed",
  organisationId,
});

export const SEALED_SECRETS: SealedColumn = {
  table: "ci.job_secrets",
  field: "secrets_sealed",
  key: ["job_id"],
  also: ["organisation_id"],
  at: (row) => placeOf({ id: row.job_id as JobId, organisationId: row.organisation_id as OrganisationId }),
};

export const sealSecrets = (keys: Keyring, job: JobPlace, secrets: Secret<BuildSecrets | ListRefsSecrets>): Buffer =>
  keys.seal(placeOf(job), JSON.stringify(secrets.reveal()));

/** @throws {DomainError} internal, when the row's bytes are not what was put there */
export const openSecrets = <Kind extends Job["kind"]>(
  keys: Keyring,
  job: JobPlace & { kind: Kind },
  sealed: Uint8Array,
): Secret<SecretsOf[Kind]> => {
  const plain: unknown = JSON.parse(keys.open(placeOf(job), sealed).reveal());
  return new Secret(SCHEMAS[job.kind].parse(plain) as SecretsOf[Kind]);
};
