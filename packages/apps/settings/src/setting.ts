import { type PlainSetting, type SettingDeclaration, settingName } from "@homeport/kit/settings/declaration.ts";
import { resolveSetting, type SettingSource } from "@homeport/kit/settings/resolve.ts";
import { settingSchema } from "@homeport/kit/settings/schema.ts";

/** What the environment of an app says of its settings; null for a secret that is set there. */
export type Environment = Readonly<Record<string, PlainSetting | null>>;

/** An app as its registry record declares it. */
export type RunningApp = {
  id: string;
  name: string;
  declarations: readonly SettingDeclaration[];
  environment: Environment;
};

/** `unknown` while the registry cannot be read. */
export type AppState = "running" | "stopped" | "unknown";

/** An app with settings, running or remembered. */
export type DeclaringApp = RunningApp & { state: AppState };

/** A row of a setting. A secret's bytes stay in the database. Neither a value nor bytes: it was reset. */
export type StoredSetting = {
  app: string;
  key: string;
  value: unknown;
  isSealed: boolean;
  version: number;
  updatedAt: Date;
  updatedBy: string;
};

/** One setting with what it is now. */
export type Setting = {
  /** `<app>.<key>` */
  name: string;
  app: string;
  declaration: SettingDeclaration;
  source: SettingSource;
  /** Null for secrets, set or not. */
  value: PlainSetting | null;
  /** Of a secret: whether there is one. */
  isSet: boolean;
  /** When and by whom it was last changed here; null when never. */
  changed: { at: Date; by: string } | null;
  /** 0 when it was never changed. */
  version: number;
};

export type AppSettings = { app: DeclaringApp; settings: Setting[] };

/** Every setting of these apps, with what is stored. */
export const settingsOfApps = (apps: readonly DeclaringApp[], rows: readonly StoredSetting[]): AppSettings[] => {
  const stored = new Map(rows.map((row) => [settingName(row.app, row.key), row]));
  return apps.map((app) => ({
    app,
    settings: app.declarations.map((declaration) =>
      toSetting(app, declaration, stored.get(settingName(app.id, declaration.key))),
    ),
  }));
};

const toSetting = (app: RunningApp, declaration: SettingDeclaration, row: StoredSetting | undefined): Setting => {
  const { key } = declaration;
  const isSecret = declaration.type === "secret";
  const schema = settingSchema(declaration);
  // What does not fit the declaration any more counts for nothing, as in the app itself.
  const usable = (value: unknown): PlainSetting | undefined => schema.safeParse(value).data;
  const stored = isSecret ? (row?.isSealed === true ? "" : undefined) : usable(row?.value);
  const given = Object.hasOwn(app.environment, key) ? app.environment[key] : undefined;
  const environment = isSecret ? (given === null ? "" : undefined) : usable(given);
  const { value, source } = resolveSetting(declaration, stored, environment);
  return {
    name: settingName(app.id, key),
    app: app.id,
    declaration,
    source,
    value: isSecret ? null : value,
    isSet: source !== "default",
    changed: row === undefined ? null : { at: row.updatedAt, by: row.updatedBy },
    version: row?.version ?? 0,
  };
};

/** A setting's value is of this kind when it is not a list: two are the same when they say the same. */
export const isSameValue = (a: PlainSetting | null, b: PlainSetting | null): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
