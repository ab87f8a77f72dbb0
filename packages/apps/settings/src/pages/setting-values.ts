import type { PlainSetting } from "@homeport/kit/settings/declaration.ts";
import { plainFromText } from "@homeport/kit/settings/schema.ts";
import { isSameValue, type Setting } from "../setting.ts";

export type Fields = Record<string, string>;

/** A value as text for people and for fields. */
export const textOf = (value: PlainSetting | null): string => {
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "on" : "";
  return Array.isArray(value) ? value.join("\n") : String(value);
};

/** What the fields of these settings show, by their names; of a secret nothing. */
export const fieldsOf = (settings: readonly Setting[]): Fields =>
  Object.fromEntries(settings.map(({ name, value }) => [name, textOf(value)]));

/**
 * The values that somebody changed in the form of these settings. What stayed as it was shown is not stored, so that a
 * default goes on being the default; an empty secret means that it was left alone.
 */
export const changedValues = (settings: readonly Setting[], fields: Fields): Record<string, unknown> =>
  Object.fromEntries(
    settings.flatMap(({ name, declaration, value }): [string, unknown][] => {
      const { type } = declaration;
      const text = type === "boolean" ? (fields[name] ?? "") : fields[name]; // browsers leave out what is not ticked
      if (text === undefined || (type === "secret" && text === "")) return [];
      const given = plainFromText(declaration, text);
      return type !== "secret" && isSameValue(given as PlainSetting, value) ? [] : [[name, given]];
    }),
  );

/** What the form of these settings has seen: a later version of one of them is somebody else's. */
export const versionOf = (settings: readonly Setting[]): number =>
  Math.max(0, ...settings.map(({ version }) => version));

/** Settings by their group, in the order in which the groups first come. */
export const groupsOf = (settings: readonly Setting[]): [group: string, settings: Setting[]][] => {
  const groups = new Map<string, Setting[]>();
  for (const setting of settings) {
    const { group } = setting.declaration;
    groups.set(group, [...(groups.get(group) ?? []), setting]);
  }
  return [...groups];
};
