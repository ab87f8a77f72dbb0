import type { OrganisationId, ServiceId } from "@homeport/kit/ids.ts";
import type { Keyring, SealedAt } from "@homeport/kit/keys/keyring.ts";
import type { SealedColumn } from "@homeport/kit/keys/sealed-column.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import type { CredentialKind } from "../git-credential.ts";
import type { HookId } from "../hook.ts";

type HookKey = { organisationId: OrganisationId; id: HookId };
type CredentialKey = { organisationId: OrganisationId; serviceId: ServiceId; kind: CredentialKind };

const hookAt = ({ organisationId, id }: HookKey, field: "secret" | "former"): SealedAt => ({
  table: "deployments.hooks",
  row: id,
  field,
  organisationId,
});

const credentialAt = ({ organisationId, serviceId, kind }: CredentialKey): SealedAt => ({
  table: "deployments.git_credentials",
  row: `${serviceId}/${kind}`,
  field: "secret",
  organisationId,
});

const hookColumn = (name: "secret" | "former"): SealedColumn => ({
  table: "deployments.hooks",
  field: `${name}_sealed`,
  key: ["id"],
  also: ["organisation_id"],
  at: (row) => hookAt({ organisationId: row.organisation_id as OrganisationId, id: row.id as HookId }, name),
});

export const SEALED_SOURCES: readonly SealedColumn[] = [
  hookColumn("secret"),
  hookColumn("former"),
  {
    table: "deployments.git_credentials",
    field: "secret_sealed",
    key: ["service_id", "kind"],
    also: ["organisation_id"],
    at: (row) =>
      credentialAt({
        organisationId: row.organisation_id as OrganisationId,
        serviceId: row.service_id as ServiceId,
        kind: row.kind as CredentialKind,
      }),
  },
];

export const sealHookSecret = (keys: Keyring, hook: HookKey, field: "secret" | "former", secret: Secret): Buffer =>
  keys.seal(hookAt(hook, field), secret);

export const openHookSecret = (keys: Keyring, hook: HookKey, field: "secret" | "former", sealed: Uint8Array): Secret =>
  keys.open(hookAt(hook, field), sealed);

export const sealCredential = (keys: Keyring, credential: CredentialKey, secret: Secret): Buffer =>
  keys.seal(credentialAt(credential), secret);

export const openCredential = (keys: Keyring, credential: CredentialKey, sealed: Uint8Array): Secret =>
  keys.open(credentialAt(credential), sealed);
