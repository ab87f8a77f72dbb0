import type { EnvEntry } from "../env.ts";
import type { PlainSetting, SettingDeclaration } from "./declaration.ts";
import { plainFromText, settingSchema } from "./schema.ts";

/** What an app's settings are by the environment of its process, by key. */
export type SettingEnvironment = ReadonlyMap<string, PlainSetting>;

/**
 * Reads the variables that settings name. Lists are given with commas. `read` is undefined for one that is not set.
 *
 * @throws {Error} naming each variable that is wrong, never with a value
 */
export const readSettingEnvironment = (
  declarations: readonly SettingDeclaration[],
  read: (name: string) => string | undefined,
): SettingEnvironment => {
  const values = new Map<string, PlainSetting>();
  const wrong: string[] = [];
  for (const declaration of declarations) {
    const text = declaration.env === undefined ? undefined : read(declaration.env);
    if (text === undefined || text === "") continue;
    const given = declaration.type === "lines" ? text.replaceAll(",", "\n") : text;
    const parsed = settingSchema(declaration).safeParse(plainFromText(declaration, given));
    if (parsed.success) values.set(declaration.key, parsed.data);
    else wrong.push(`  ${declaration.env}: ${parsed.error.issues[0]?.message}`);
  }
  if (wrong.length > 0) throw new Error(`The environment is not usable:\n${wrong.join("\n")}`);
  return values;
};

/** What a registry record says of the environment: of a secret, only that it is set there. */
export const environmentForRegistry = (
  declarations: readonly SettingDeclaration[],
  environment: SettingEnvironment,
): Record<string, PlainSetting | null> =>
  Object.fromEntries(
    declarations.flatMap(({ key, type }) => {
      const value = environment.get(key);
      return value === undefined ? [] : [[key, type === "secret" ? null : value]];
    }),
  );

/** The same variables as references/env-reference.md lists them. */
export const settingEnvEntries = (app: string, declarations: readonly SettingDeclaration[]): EnvEntry[] =>
  declarations.flatMap((declaration) =>
    declaration.env === undefined
      ? []
      : [
          {
            name: declaration.env,
            description: `${declaration.description} First value of the setting \`${app}.${declaration.key}\`.`,
            default: defaultText(declaration),
            required: false,
            secret: declaration.type === "secret",
            owner: app,
          },
        ],
  );

/** The default as it would be written in the environment; null when that is "not set". */
const defaultText = (declaration: SettingDeclaration): string | null => {
  if (declaration.type === "secret") return null;
  const text = Array.isArray(declaration.default) ? declaration.default.join(",") : String(declaration.default);
  return text === "" ? null : text;
};
