import { audit } from "@homeport/kit/audit/audit.ts";
import type { DataKeyView } from "@homeport/kit/keys/usage.ts";
import type { SettingsDeps } from "./deps.ts";

export type { DataKeyView };

/** The keys that secrets are sealed with, newest first. */
export const listKeys = (deps: SettingsDeps): Promise<DataKeyView[]> => deps.keyAdmin.list();

/** Makes a new key; all that is sealed is sealed anew with it. @throws {DomainError} conflict */
export const rotateKey = async (deps: SettingsDeps): Promise<{ id: number }> => {
  const made = await deps.keyAdmin.rotate();
  await tell(deps, "key:rotate", made.id);
  return made;
};

/** Removes a key that seals nothing any more. @throws {DomainError} not_found; conflict */
export const removeKey = async (deps: SettingsDeps, id: number): Promise<void> => {
  await deps.keyAdmin.remove(id);
  await tell(deps, "key:remove", id);
};

/** After the change and not with it: keys are changed with rights that this app has not. */
const tell = ({ sql }: SettingsDeps, action: string, id: number): Promise<void> =>
  audit(sql, { app: "settings", action, organisationId: null, subject: { kind: "key", id: String(id) } });
