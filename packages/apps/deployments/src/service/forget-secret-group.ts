import type { Tx } from "@homeport/kit/db/connect.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { SecretGroup } from "../secret-group.ts";
import { forgetOwner } from "../state/owner-names.ts";
import { copyState } from "../state/project-state.ts";
import { loadProject } from "./load-state.ts";
import { writeState } from "./write-state.ts";

/** References to a secret group that goes away stay, under the name it had. The project is locked. */
export const forgetSecretGroup = async (tx: Tx, keys: Keyring, group: SecretGroup): Promise<void> => {
  const { state } = await loadProject(tx, keys, group.projectId);
  const after = copyState(state);
  forgetOwner(after, "secret", group.id, group.slug);
  await writeState(tx, keys, state, after);
};
