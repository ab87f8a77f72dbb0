import type { FieldIssue } from "@homeport/kit/errors.ts";
import type { PlainSetting } from "@homeport/kit/settings/declaration.ts";
import { settingSchema } from "@homeport/kit/settings/schema.ts";
import { isSameValue, type Setting } from "./setting.ts";

/** Most settings that one request changes. */
export const MAX_CHANGES = 500;

/** A setting that gets a value. Of a secret the value is its text, which no answer and no event has. */
export type Change = { setting: Setting; value: PlainSetting };

export type Plan = {
  changes: Change[];
  /** Named `<app>.<key>`. */
  issues: FieldIssue[];
  /** Names that no app declares. */
  unknown: string[];
};

/** What storing these values would change. What is stored already is no change; a secret always is one. */
export const planChanges = (settings: readonly Setting[], values: Readonly<Record<string, unknown>>): Plan => {
  const byName = new Map(settings.map((setting) => [setting.name, setting]));
  const plan: Plan = { changes: [], issues: [], unknown: [] };
  for (const [name, given] of Object.entries(values)) {
    const setting = byName.get(name);
    if (setting === undefined) {
      plan.unknown.push(name);
      continue;
    }
    const parsed = settingSchema(setting.declaration).safeParse(given);
    if (!parsed.success) {
      plan.issues.push({ path: name, message: parsed.error.issues[0]?.message ?? "does not fit" });
    } else if (!isStored(setting, parsed.data)) {
      plan.changes.push({ setting, value: parsed.data });
    }
  }
  return plan;
};

const isStored = ({ declaration, source, value }: Setting, wanted: PlainSetting): boolean =>
  declaration.type !== "secret" && source === "stored" && isSameValue(value, wanted);
