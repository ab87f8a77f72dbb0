import { type SettingDeclaration, settingName } from "../settings/declaration.ts";
import type { DeclaredApp } from "./apps.ts";
import { checkGenerated, type Generated, markdownTable } from "./generated.ts";
import type { Tree } from "./tree.ts";
import type { Violation } from "./violation.ts";

/** references/settings.md lists exactly the settings that the manifests declare. */
export const checkSettings = (tree: Tree, apps: readonly DeclaredApp[]): Violation[] =>
  checkGenerated(tree, "settings-reference", settingsReference(apps));

export const settingsReference = (apps: readonly DeclaredApp[]): Generated => {
  const sections = apps.flatMap(({ manifest }) =>
    manifest?.settings === undefined || manifest.settings.length === 0
      ? []
      : [sectionOf(manifest.id, manifest.name, manifest.settings)],
  );
  return { file: "references/settings.md", marker: "settings", content: sections.join("\n") };
};

const sectionOf = (id: string, name: string, settings: readonly SettingDeclaration[]): string => {
  const rows = settings.map((setting) => [
    `\`${settingName(id, setting.key)}\``,
    typeOf(setting),
    defaultOf(setting),
    setting.env === undefined ? "" : `\`${setting.env}\``,
    setting.description,
  ]);
  return `### ${name}\n\n${markdownTable(["setting", "value", "default", "first value from", "meaning"], rows)}`;
};

const typeOf = (setting: SettingDeclaration): string => {
  switch (setting.type) {
    case "boolean":
      return "yes or no";
    case "integer":
      return `${setting.min} to ${setting.max}${setting.unit === undefined ? "" : ` ${setting.unit}`}`;
    case "choice":
      return setting.options.map(({ value }) => `\`${value}\``).join(", ");
    case "lines":
      return `at most ${setting.maxItems} lines`;
    case "email":
      return "e-mail address";
    case "url":
      return "address";
    case "text":
    case "secret":
      return setting.type;
  }
};

const defaultOf = (setting: SettingDeclaration): string => {
  if (setting.type === "secret") return "not set";
  if (setting.type === "boolean") return setting.default ? "yes" : "no";
  const text = Array.isArray(setting.default) ? setting.default.join(", ") : String(setting.default);
  return text === "" ? "not set" : `\`${text}\``;
};
