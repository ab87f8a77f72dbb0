import { audit } from "@homeport/kit/audit/audit.ts";
import type { Tell } from "@homeport/kit/keys/rotate.ts";
import type { DataKeyView } from "@homeport/kit/keys/usage.ts";
import type { SettingsDeps } from "./deps.ts";

export type { DataKeyView };

/**
 * The keys that secrets are sealed with, newest first. How much one seals is told once it was replaced: apps count at their
 * start and after a rotation, so for the key in use the number is one of some time ago.
 */
export const listKeys = async (deps: SettingsDeps): Promise<DataKeyView[]> => {
  const keys = await deps.keyAdmin.list();
  return keys.map((key) => (key.state === "retired" ? key : { ...key, remaining: null }));
};

/** Makes a new key; all that is sealed is sealed anew with it. @throws {DomainError} conflict */
export const rotateKey = (deps: SettingsDeps): Promise<{ id: number }> => deps.keyAdmin.rotate(tellOf("key:rotate"));

/** Removes a key that seals nothing any more. @throws {DomainError} not_found; conflict */
export const removeKey = (deps: SettingsDeps, id: number): Promise<void> =>
  deps.keyAdmin.remove(id, tellOf("key:remove"));

const tellOf =
  (action: string): Tell =>
  (tx, id) =>
    audit(tx, { app: "settings", action, organisationId: null, subject: { kind: "key", id: String(id) } });
