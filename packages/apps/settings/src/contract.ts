import { Instant, route } from "@homeport/kit/contract.ts";
import { PlainSetting, SettingDeclaration } from "@homeport/kit/settings/declaration.ts";
import { z } from "zod";
import { MAX_CHANGES } from "./change.ts";
import { SettingName, SettingsDocument, settingRecord } from "./document.ts";

export { SettingName, SettingsDocument } from "./document.ts";

export const SettingView = z.object({
  name: SettingName,
  declaration: SettingDeclaration,
  source: z.enum(["stored", "environment", "default"]),
  value: PlainSetting.nullable().describe("null for every secret"),
  isSet: z.boolean().describe("for a secret: whether there is one"),
  changedAt: Instant.nullable(),
  changedBy: z.string().nullable(),
});

export const AppSettingsView = z.object({
  app: z.string(),
  name: z.string(),
  state: z.enum(["running", "stopped", "unknown"]).describe("unknown while the registry cannot be read"),
  settings: z.array(SettingView),
});

const Names = z.array(SettingName).min(1).max(MAX_CHANGES);
const Changed = z.object({ changed: z.array(SettingName).describe("those that were others before") });

export const ImportView = z.object({
  changes: z.array(
    z.object({ name: SettingName, label: z.string(), from: PlainSetting.nullable(), to: PlainSetting.nullable() }),
  ),
  unknown: z.array(SettingName).describe("named in the document, and not known here"),
  applied: z.boolean(),
});

export const KeyView = z.object({
  id: z.int(),
  state: z.enum(["next", "active", "retired"]),
  activeFrom: Instant,
  createdAt: Instant,
  remaining: z
    .int()
    .nullable()
    .describe("values it still seals; null before it was replaced, and while they are being counted"),
});

export const contract = {
  settings: {
    list: route({
      method: "GET",
      path: "/values",
      action: "setting:read",
      resource: "platform",
      summary: "List all settings of all apps, and what they are",
      input: z.object({}),
      output: z.object({ items: z.array(AppSettingsView) }),
    }),
    put: route({
      method: "PUT",
      path: "/values",
      action: "setting:write",
      resource: "platform",
      summary: "Set settings by name, all or none of them",
      input: z.object({ values: settingRecord(MAX_CHANGES) }),
      output: Changed,
    }),
    reset: route({
      method: "POST",
      path: "/values/reset",
      action: "setting:write",
      resource: "platform",
      summary: "Reset settings to the environment's value or the default, all or none of them",
      input: z.object({ names: Names }),
      output: Changed,
    }),
    export: route({
      method: "GET",
      path: "/export",
      action: "setting:read",
      resource: "platform",
      summary: "Export what people set, without secrets",
      input: z.object({}),
      output: SettingsDocument,
    }),
    import: route({
      method: "POST",
      path: "/import",
      action: "setting:write",
      resource: "platform",
      summary: "Import an exported document, or see what that would change",
      input: z.object({
        document: SettingsDocument,
        dryRun: z.boolean().default(false),
        strict: z.boolean().default(false).describe("refuse a document that names what is not known here"),
      }),
      output: ImportView,
    }),
  },
  keys: {
    list: route({
      method: "GET",
      path: "/keys",
      action: "key:read",
      resource: "platform",
      summary: "List the keys that secrets are sealed with",
      input: z.object({}),
      output: z.object({ items: z.array(KeyView) }),
    }),
    rotate: route({
      method: "POST",
      path: "/keys",
      action: "key:rotate",
      resource: "platform",
      summary: "Make a new key; everything sealed is sealed anew with it",
      input: z.object({}),
      output: z.object({ id: z.int() }),
      status: 201,
    }),
    remove: route({
      method: "DELETE",
      path: "/keys/{id}",
      action: "key:rotate",
      resource: "platform",
      summary: "Remove a key that seals nothing any more",
      input: z.object({
        id: z.coerce
          .number()
          .int()
          .min(1)
          .max(2 ** 31 - 1),
      }),
      output: z.object({ removed: z.literal(true) }),
    }),
  },
};
