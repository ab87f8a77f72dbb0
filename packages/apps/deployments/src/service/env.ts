import type { OrganisationId, ReleaseId } from "@homeport/kit/ids.ts";
import type { Keyring, SealedAt } from "@homeport/kit/keys/keyring.ts";
import type { SealedColumn } from "@homeport/kit/keys/sealed-column.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { z } from "zod";

/** The scope that a variable holds in, and whose it is. */
type ScopeKey = { organisationId: OrganisationId; scopeId: string };
type ReleaseKey = { organisationId: OrganisationId; id: ReleaseId };

const variableAt = ({ organisationId, scopeId }: ScopeKey, name: string): SealedAt => ({
  table: "deployments.variables",
  row: `${scopeId}/${name}`,
  field: "value",
  organisationId,
});

const releaseAt = ({ organisationId, id }: ReleaseKey): SealedAt => ({
  table: "deployments.releases",
  row: id,
  field: "env",
  organisationId,
});

export const SEALED: readonly SealedColumn[] = [
  {
    table: "deployments.variables",
    field: "value_sealed",
    key: ["scope_id", "name"],
    also: ["organisation_id"],
    at: (row) =>
      variableAt(
        { organisationId: row.organisation_id as OrganisationId, scopeId: String(row.scope_id) },
        String(row.name),
      ),
  },
  {
    table: "deployments.releases",
    field: "env_sealed",
    key: ["id"],
    also: ["organisation_id"],
    at: (row) => releaseAt({ organisationId: row.organisation_id as OrganisationId, id: row.id as ReleaseId }),
  },
];

export const sealVariable = (keys: Keyring, scope: ScopeKey, name: string, value: Secret): Buffer =>
  keys.seal(variableAt(scope, name), value);

export const openVariable = (keys: Keyring, scope: ScopeKey, name: string, sealed: Uint8Array): Secret =>
  keys.open(variableAt(scope, name), sealed);

export const sealReleaseEnv = (keys: Keyring, release: ReleaseKey, env: Record<string, string>): Buffer =>
  keys.seal(releaseAt(release), JSON.stringify(env));

const Env = z.record(z.string(), z.string());

export const openReleaseEnv = (keys: Keyring, release: ReleaseKey, sealed: Uint8Array): Record<string, Secret> => {
  const env = Env.parse(JSON.parse(keys.open(releaseAt(release), sealed).reveal()));
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, new Secret(value)]));
};
