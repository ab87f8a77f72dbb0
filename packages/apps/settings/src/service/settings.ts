import { audit } from "@homeport/kit/audit/audit.ts";
import type { Tx } from "@homeport/kit/db/connect.ts";
import { DomainError, type FieldIssue } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { Actor } from "@homeport/kit/principal.ts";
import { settingPlace } from "@homeport/kit/settings/app-settings.ts";
import { type Plan, planChanges } from "../change.ts";
import { type AppSettings, type Setting, settingsOfApps } from "../setting.ts";
import { listStoredSettings, lockVersion, type SettingWrite, saveVersion, upsertSetting } from "../store/settings.ts";
import { listDeclaringApps } from "./declarations.ts";
import type { SettingsDeps } from "./deps.ts";

/** The settings of all apps, and the version of the last change. */
export const listSettings = async (deps: SettingsDeps): Promise<AppSettings[]> =>
  settingsOfApps(await listDeclaringApps(deps), await listStoredSettings(deps.sql));

/**
 * Stores values, all or none, and gives the names of those that were others. With `expected`, the highest version that
 * the editor saw of `among`, nothing is stored when one of these was changed since.
 *
 * @throws {DomainError} invalid, with an issue for each `<app>.<key>`; conflict
 */
export const putSettings = (
  deps: SettingsDeps,
  values: Readonly<Record<string, unknown>>,
  actor: Actor,
  expected?: { version: number; among: readonly string[] },
): Promise<string[]> =>
  changeSettings(deps, actor, "setting:write", (settings) => {
    if (expected !== undefined) refuseOvertaken(settings, expected);
    const plan = planChanges(settings, values);
    refuse([...plan.issues, ...plan.unknown.map(toUnknownIssue)]);
    return plan.changes;
  });

/**
 * Takes stored values away, all or none: from then on it is the environment's, or the default.
 *
 * @throws {DomainError} invalid, when there is no such setting
 */
export const resetSettings = (deps: SettingsDeps, names: readonly string[], actor: Actor): Promise<string[]> =>
  changeSettings(deps, actor, "setting:reset", (settings) => {
    const wanted = new Set(names);
    const found = settings.filter(({ name }) => wanted.has(name));
    const known = new Set(found.map(({ name }) => name));
    refuse([...wanted].filter((name) => !known.has(name)).map(toUnknownIssue));
    return found.flatMap((setting) => (setting.source === "stored" ? [{ setting, value: null }] : []));
  });

/** Null is a reset. */
type Wanted = { setting: Setting; value: Plan["changes"][number]["value"] | null };

/** Reads, decides and writes while nobody else changes settings. */
export const changeSettings = async (
  deps: SettingsDeps,
  actor: Actor,
  action: string,
  decide: (settings: Setting[]) => Wanted[],
): Promise<string[]> => {
  const apps = await listDeclaringApps(deps);
  return deps.sql.begin(async (tx) => {
    const version = (await lockVersion(tx)) + 1;
    const settings = settingsOfApps(apps, await listStoredSettings(tx)).flatMap((app) => app.settings);
    const wanted = decide(settings);
    if (wanted.length === 0) return [];
    await saveVersion(tx, version);
    // One by one: each has an entry in the audit log and an event of its own, and they are few.
    for (const each of wanted) await write(deps, tx, each, { version, updatedBy: actor.name, updatedAt: deps.clock() });
    for (const each of wanted) await tell(tx, each, action, actor);
    return wanted.map(({ setting }) => setting.name);
  });
};

const write = async (
  { keys }: SettingsDeps,
  tx: Tx,
  { setting, value }: Wanted,
  at: Pick<SettingWrite, "version" | "updatedBy" | "updatedAt">,
): Promise<void> => {
  const { key, type } = setting.declaration;
  const isSecret = type === "secret" && value !== null;
  await upsertSetting(tx, {
    app: setting.app,
    key,
    value: isSecret ? null : value,
    sealed: isSecret ? keys.seal(settingPlace(setting.app, key), String(value)) : null,
    ...at,
  });
};

const tell = async (tx: Tx, { setting, value }: Wanted, action: string, actor: Actor): Promise<void> => {
  const { app, name, declaration, source } = setting;
  const isSecret = declaration.type === "secret";
  await audit(tx, {
    app: "settings",
    action,
    organisationId: null,
    subject: { kind: "setting", id: name },
    before: { source, current: isSecret ? (setting.isSet ? "[secret]" : null) : setting.value },
    after: value === null ? null : { source: "stored", current: isSecret ? "[secret]" : value },
  });
  await emit(tx, {
    type: "settings.setting.changed",
    source: "settings",
    subject: name,
    data: { app, key: declaration.key, reset: value === null },
    actor,
  });
};

/** @throws {DomainError} invalid, naming every field, when there is an issue */
export const refuse = (issues: FieldIssue[]): void => {
  if (issues.length === 0) return;
  throw new DomainError("invalid", issues.map(({ path, message }) => `${path}: ${message}`).join("; "), { issues });
};

export const toUnknownIssue = (name: string): FieldIssue => ({ path: name, message: "there is no such setting" });

const refuseOvertaken = (
  settings: readonly Setting[],
  { version, among }: { version: number; among: readonly string[] },
) => {
  const later = settings.find((setting) => among.includes(setting.name) && setting.version > version);
  if (later !== undefined)
    throw new DomainError(
      "conflict",
      `“${later.declaration.label}” was changed by somebody else meanwhile. Look at it, then try again.`,
    );
};
