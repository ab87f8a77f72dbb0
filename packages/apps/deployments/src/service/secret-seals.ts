import type { OrganisationId, ReleaseId } from "@homeport/kit/ids.ts";
import type { Keyring, SealedAt } from "@homeport/kit/keys/keyring.ts";
import type { SealedColumn } from "@homeport/kit/keys/sealed-column.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { z } from "zod";
import type { ReleaseFile } from "../release.ts";
import type { SecretGroupId } from "../secret-group.ts";

type GroupKey = { organisationId: OrganisationId; id: SecretGroupId };
type ReleaseKey = { organisationId: OrganisationId; id: ReleaseId };

const itemAt = ({ organisationId, id }: GroupKey, name: string): SealedAt => ({
  table: "deployments.secret_items",
  row: `${id}/${name}`,
  field: "value",
  organisationId,
});

const filesAt = ({ organisationId, id }: ReleaseKey): SealedAt => ({
  table: "deployments.releases",
  row: id,
  field: "files",
  organisationId,
});

export const SEALED_SECRETS: readonly SealedColumn[] = [
  {
    table: "deployments.secret_items",
    field: "value_sealed",
    key: ["group_id", "name"],
    also: ["organisation_id"],
    at: (row) =>
      itemAt(
        { organisationId: row.organisation_id as OrganisationId, id: row.group_id as SecretGroupId },
        String(row.name),
      ),
  },
  {
    table: "deployments.releases",
    field: "files_sealed",
    key: ["id"],
    also: ["organisation_id"],
    at: (row) => filesAt({ organisationId: row.organisation_id as OrganisationId, id: row.id as ReleaseId }),
  },
];

export const sealItem = (keys: Keyring, group: GroupKey, name: string, value: string): Buffer =>
  keys.seal(itemAt(group, name), value);

/** For a release, which seals it anew, or for somebody who may see it. */
export const openItem = (keys: Keyring, group: GroupKey, name: string, sealed: Uint8Array): Secret =>
  keys.open(itemAt(group, name), sealed);

const Files = z.array(z.object({ path: z.string(), content: z.string() }));

/** Null for none. */
export const sealReleaseFiles = (keys: Keyring, release: ReleaseKey, files: ReleaseFile[]): Buffer | null =>
  files.length === 0
    ? null
    : keys.seal(
        filesAt(release),
        JSON.stringify(files.map(({ path, content }) => ({ path, content: content.reveal() }))),
      );

export const openReleaseFiles = (keys: Keyring, release: ReleaseKey, sealed: Uint8Array | null): ReleaseFile[] =>
  sealed === null
    ? []
    : Files.parse(JSON.parse(keys.open(filesAt(release), sealed).reveal())).map(({ path, content }) => ({
        path,
        content: new Secret(content),
      }));
