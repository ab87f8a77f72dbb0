import type { OrganisationId, ReleaseId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Keyring, SealedAt } from "@homeport/kit/keys/keyring.ts";
import type { SealedColumn } from "@homeport/kit/keys/sealed-column.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { z } from "zod";
import type { SealedVariable } from "../store/variables.ts";

/** The slot whose variables are meant, and whose it is. */
type Slot = { organisationId: OrganisationId; workloadId: WorkloadId };
type ReleaseKey = { organisationId: OrganisationId; id: ReleaseId };

const variableAt = ({ organisationId, workloadId }: Slot, name: string): SealedAt => ({
  table: "deployments.variables",
  row: `${workloadId}/${name}`,
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
    key: ["workload_id", "name"],
    also: ["organisation_id"],
    at: (row) =>
      variableAt(
        { organisationId: row.organisation_id as OrganisationId, workloadId: row.workload_id as WorkloadId },
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

export const sealVariable = (keys: Keyring, slot: Slot, name: string, value: string): Buffer =>
  keys.seal(variableAt(slot, name), value);

export const openVariable = (keys: Keyring, slot: Slot, { name, sealed }: SealedVariable): Secret =>
  keys.open(variableAt(slot, name), sealed);

/** Opens the variables of a workload, only to seal them again into a release. */
export const openVariables = (keys: Keyring, slot: Slot, sealed: SealedVariable[]): Record<string, string> =>
  Object.fromEntries(sealed.map((variable) => [variable.name, openVariable(keys, slot, variable).reveal()]));

export const sealReleaseEnv = (keys: Keyring, release: ReleaseKey, env: Record<string, string>): Buffer =>
  keys.seal(releaseAt(release), JSON.stringify(env));

const Env = z.record(z.string(), z.string());

export const openReleaseEnv = (keys: Keyring, release: ReleaseKey, sealed: Uint8Array): Record<string, Secret> => {
  const env = Env.parse(JSON.parse(keys.open(releaseAt(release), sealed).reveal()));
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, new Secret(value)]));
};
