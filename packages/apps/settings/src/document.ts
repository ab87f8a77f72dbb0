import { Instant } from "@homeport/kit/contract.ts";
import { PlainSetting } from "@homeport/kit/settings/declaration.ts";
import { z } from "zod";
import type { Setting } from "./setting.ts";

/** `<app>.<key>` */
export const SettingName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}\.[a-z][a-z0-9-]{0,59}$/, "must be the id of an app, a dot, and the key of a setting");

/** Several settings by name. */
export const settingRecord = (max: number) =>
  z
    .record(SettingName, PlainSetting)
    .refine((values) => Object.keys(values).length <= max, `must name at most ${max} settings`);

const MAX_DOCUMENT = 2_000;

/** The settings of a platform as a file: what was set by people, without secrets. */
export const SettingsDocument = z.object({
  format: z.literal(1, "is of another version"),
  exportedAt: Instant,
  settings: settingRecord(MAX_DOCUMENT),
});
export type SettingsDocument = z.infer<typeof SettingsDocument>;

/** What people set, by name; what comes from the environment or is the default may be another elsewhere. */
export const toDocument = (settings: readonly Setting[], now: Date): SettingsDocument => ({
  format: 1,
  exportedAt: now.toISOString(),
  settings: Object.fromEntries(
    settings.flatMap(({ name, source, value }) => (source === "stored" && value !== null ? [[name, value]] : [])),
  ),
});
