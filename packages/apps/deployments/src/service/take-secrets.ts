import type { Tx } from "@homeport/kit/db/connect.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { ReleaseFile } from "../release.ts";
import type { TakenGroups } from "../secret-group.ts";
import { fileOf, variableOf } from "../secret-use.ts";
import type { Service } from "../service.ts";
import { listSealedGroups } from "../store/secret-attachments.ts";
import { markUsed } from "../store/secret-groups.ts";
import { openItem } from "./secret-seals.ts";

/** What a new release gets from secret groups, and which versions these were. */
export type TakenSecrets = { env: Record<string, string>; files: ReleaseFile[]; groups: TakenGroups };

/** Opens the groups of a service, only to seal them again into a release. What cannot be a variable is left out of those. */
export const takeSecrets = async (tx: Tx, keys: Keyring, service: Service): Promise<TakenSecrets> => {
  const { organisationId, workloadId } = service;
  const groups = await listSealedGroups(tx, workloadId);
  const taken: TakenSecrets = { env: {}, files: [], groups: {} };
  for (const { id, slug, version, use, items } of groups) {
    taken.groups[id] = { slug, version };
    for (const { name, sealed } of items) {
      const value = openItem(keys, { organisationId, id }, name, sealed);
      if (use.as === "files") {
        taken.files.push({ path: fileOf(use.directory, name), content: value });
        continue;
      }
      const variable = variableOf(use.prefix, name);
      if (variable !== null) taken.env[variable] = value.reveal();
    }
  }
  if (groups.length > 0)
    await markUsed(
      tx,
      groups.map(({ id }) => id),
    );
  return taken;
};
