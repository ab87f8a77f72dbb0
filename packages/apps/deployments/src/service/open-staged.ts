import type { OrganisationId } from "@homeport/kit/ids.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { Waiting } from "../state/fold.ts";
import type { StagedChange } from "../store/changes.ts";
import { openChange } from "./change-seals.ts";

/** Staged changes with their values. */
export const openStaged = (
  keys: Keyring,
  organisationId: OrganisationId,
  staged: readonly StagedChange[],
): (Waiting & { id: StagedChange["id"] })[] =>
  staged.map(({ id, change, sealed }) => ({
    id,
    change,
    value: sealed === null ? null : openChange(keys, { organisationId, id }, sealed),
  }));
