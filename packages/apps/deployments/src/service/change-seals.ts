import { randomBytes } from "node:crypto";
import type { OrganisationId, ProjectId } from "@homeport/kit/ids.ts";
import type { Keyring, SealedAt } from "@homeport/kit/keys/keyring.ts";
import type { SealedColumn } from "@homeport/kit/keys/sealed-column.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import type { ChangeId } from "../store/changes.ts";

type ChangeKey = { organisationId: OrganisationId; id: ChangeId };
type ProjectKey = { organisationId: OrganisationId; id: ProjectId };

const changeAt = ({ organisationId, id }: ChangeKey): SealedAt => ({
  table: "deployments.changes",
  row: id,
  field: "value",
  organisationId,
});

const digestKeyAt = ({ organisationId, id }: ProjectKey): SealedAt => ({
  table: "deployments.projects",
  row: id,
  field: "digest_key",
  organisationId,
});

export const SEALED_CHANGES: readonly SealedColumn[] = [
  {
    table: "deployments.changes",
    field: "value_sealed",
    key: ["id"],
    also: ["organisation_id"],
    at: (row) => changeAt({ organisationId: row.organisation_id as OrganisationId, id: row.id as ChangeId }),
  },
  {
    table: "deployments.projects",
    field: "digest_key_sealed",
    key: ["id"],
    also: ["organisation_id"],
    at: (row) => digestKeyAt({ organisationId: row.organisation_id as OrganisationId, id: row.id as ProjectId }),
  },
];

export const sealChange = (keys: Keyring, change: ChangeKey, value: Secret): Buffer =>
  keys.seal(changeAt(change), value);

export const openChange = (keys: Keyring, change: ChangeKey, sealed: Uint8Array): Secret =>
  keys.open(changeAt(change), sealed);

const KEY_BYTES = 32;

export const newDigestKey = (keys: Keyring, project: ProjectKey): Buffer =>
  keys.seal(digestKeyAt(project), randomBytes(KEY_BYTES).toString("hex"));

export const openDigestKey = (keys: Keyring, project: ProjectKey, sealed: Uint8Array): Buffer =>
  Buffer.from(keys.open(digestKeyAt(project), sealed).reveal(), "hex");
