import type { PlainSetting, SettingDeclaration } from "./declaration.ts";

export type SettingSource = "stored" | "environment" | "default";

/** A value and where it comes from; null for a secret that nobody set. */
export type ResolvedSetting = { value: PlainSetting | null; source: SettingSource };

/** What people stored comes first, then the environment, then the default. `undefined`: there is none. */
export const resolveSetting = (
  declaration: SettingDeclaration,
  stored: PlainSetting | undefined,
  environment: PlainSetting | undefined,
): ResolvedSetting => {
  if (stored !== undefined) return { value: stored, source: "stored" };
  if (environment !== undefined) return { value: environment, source: "environment" };
  return { value: declaration.type === "secret" ? null : declaration.default, source: "default" };
};
