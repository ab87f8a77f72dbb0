import { invariant } from "../errors.ts";
import type { Keyring, SealedAt } from "../keys/keyring.ts";
import { createLogger } from "../log.ts";
import { Secret } from "../secret.ts";
import {
  type PlainSetting,
  type SettingDeclaration,
  type SettingValue,
  type SettingValues,
  settingName,
} from "./declaration.ts";
import { readSettingEnvironment, type SettingEnvironment } from "./environment.ts";
import { resolveSetting } from "./resolve.ts";
import { settingSchema } from "./schema.ts";
import type { SettingRow } from "./store.ts";

const log = createLogger("settings");

/** One app's settings. Reading is a look-up, so read where the value is used: what was set a second ago is there. */
export type AppSettings = {
  /** @throws {Error} when the manifest declares no such setting */
  get(key: string): SettingValue;
  /** Calls `listener` after values have changed, with their keys. What it gives back ends that. */
  onChange(listener: (keys: readonly string[]) => void): () => void;
};

/** The same with the types of the declarations. */
export type TypedSettings<D extends readonly SettingDeclaration[]> = {
  get<K extends D[number]["key"]>(key: K): SettingValues<D>[K];
  onChange(listener: (keys: readonly D[number]["key"][]) => void): () => void;
};

/**
 * An app's settings, typed by what its manifest declares.
 *
 * @throws {Error} when the manifest does not declare them
 */
export const settingsOf = <D extends readonly SettingDeclaration[]>(
  context: { settings: AppSettings },
  declarations: D,
): TypedSettings<D> => {
  for (const { key } of declarations) context.settings.get(key);
  return context.settings as TypedSettings<D>;
};

/** Where the sealed value of a setting lives. */
export const settingPlace = (app: string, key: string): SealedAt => ({
  table: "platform.settings",
  row: settingName(app, key),
  field: "value_sealed",
  organisationId: null,
});

/** An app's settings as the hub keeps them up to date. */
export type KeptSettings = AppSettings & {
  environment: SettingEnvironment;
  /** Takes what is stored for this app now, and tells the listeners what is new. */
  update(rows: readonly SettingRow[]): void;
};

/** @throws {Error} naming each environment variable that is wrong */
export const keepSettings = (options: {
  app: string;
  declarations: readonly SettingDeclaration[];
  rows: readonly SettingRow[];
  keys: Pick<Keyring, "open">;
  env: (name: string) => string | undefined;
}): KeptSettings => {
  const { app, declarations } = options;
  const environment = readSettingEnvironment(declarations, options.env);
  const readers = declarations.map((declaration) => reader(app, declaration, environment, options.keys));
  const values = new Map<string, SettingValue>();
  const listeners = new Set<(keys: readonly string[]) => void>();
  const read = (rows: readonly SettingRow[]): string[] =>
    readers.flatMap(({ key, changed }) => {
      const next = changed(rows.find((row) => row.key === key));
      if (next === null) return [];
      values.set(key, next.value);
      return [key];
    });
  read(options.rows);
  return {
    environment,
    get(key) {
      const value = values.get(key);
      invariant(value !== undefined, `the manifest of ${app} declares the setting ${key}`);
      return value;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    update(rows) {
      const keys = read(rows);
      if (keys.length === 0) return;
      log.info({ app, keys }, "settings changed");
      for (const listener of [...listeners]) {
        try {
          listener(keys);
        } catch (err) {
          log.error({ err, app, keys }, "a listener of settings failed");
        }
      }
    },
  };
};

type Reader = { key: string; changed(row: SettingRow | undefined): { value: SettingValue } | null };

/** Reads one setting from its row, and knows whether that is news: a secret that is as it was is not opened again. */
const reader = (
  app: string,
  declaration: SettingDeclaration,
  environment: SettingEnvironment,
  keys: Pick<Keyring, "open">,
): Reader => {
  const { key } = declaration;
  const schema = settingSchema(declaration);
  const name = settingName(app, key);
  const plainOf = (row: SettingRow): PlainSetting | undefined => {
    if (row.value === null && row.sealed === null) return undefined;
    if ((row.sealed !== null) !== (declaration.type === "secret")) return unusable(name, "is of another type");
    try {
      const given = row.sealed === null ? row.value : keys.open(settingPlace(app, key), row.sealed).reveal();
      const parsed = schema.safeParse(given);
      return parsed.success ? parsed.data : unusable(name, parsed.error.issues[0]?.message);
    } catch (err) {
      isShut = true;
      log.error({ err, setting: name }, "a stored setting cannot be opened; the environment's or the default is used");
      return undefined;
    }
  };
  let seen: string | null = null;
  /** Its key may be one that this process is about to hear of. */
  let isShut = false;
  return {
    key,
    changed(row) {
      // The value, too: an operator who mends one in psql may leave the version as it is.
      const state = row === undefined ? "" : JSON.stringify([row.version, row.value, row.sealed === null]);
      const wasShut = isShut;
      if (state === seen && !wasShut) return null;
      isShut = false;
      const stored = row === undefined ? undefined : plainOf(row);
      if (state === seen && isShut) return null;
      seen = state;
      const { value } = resolveSetting(declaration, stored, environment.get(key));
      return { value: declaration.type === "secret" && value !== null ? new Secret(String(value)) : value };
    },
  };
};

const unusable = (setting: string, why: string | undefined): undefined => {
  log.warn({ setting, why }, "a stored setting does not fit its declaration; the environment's or the default is used");
};
