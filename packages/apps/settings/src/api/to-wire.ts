import type { z } from "zod";
import type { AppSettingsView, KeyView } from "../contract.ts";
import type { DataKeyView } from "../service/keys.ts";
import type { AppSettings } from "../setting.ts";

export const toAppSettingsView = ({ app, settings }: AppSettings): z.input<typeof AppSettingsView> => ({
  app: app.id,
  name: app.name,
  state: app.state,
  settings: settings.map(({ name, declaration, source, value, isSet, changed }) => ({
    name,
    declaration,
    source,
    value,
    isSet,
    changedAt: changed?.at.toISOString() ?? null,
    changedBy: changed?.by ?? null,
  })),
});

export const toKeyView = (key: DataKeyView): z.input<typeof KeyView> => ({
  ...key,
  activeFrom: key.activeFrom.toISOString(),
  createdAt: key.createdAt.toISOString(),
});
