import { join } from "node:path";
import { defineApp } from "@homeport/kit/app.ts";
import { settingPlace } from "@homeport/kit/settings/app-settings.ts";
import { createRunningApps } from "./adapters/running-apps.ts";
import { keyHandlers } from "./api/keys.ts";
import { settingHandlers } from "./api/settings.ts";
import { contract } from "./contract.ts";
import { manifest } from "./manifest.ts";
import { pages } from "./pages/index.tsx";
import { followDeclarations } from "./service/declarations.ts";
import type { SettingsDeps } from "./service/deps.ts";

export const app = defineApp({
  manifest,
  contract,
  migrations: join(import.meta.dir, "migrations"),
  sealed: [
    {
      table: "platform.settings",
      field: "value_sealed",
      key: ["app", "key"],
      also: [],
      at: ({ app, key }) => settingPlace(String(app), String(key)),
    },
  ],
  start({ sql, valkey, keys, keyAdmin, signal }) {
    const deps: SettingsDeps = { sql, clock: () => new Date(), apps: createRunningApps(valkey), keys, keyAdmin };
    let following: Promise<void> | undefined;
    return {
      handlers: { settings: settingHandlers(deps), keys: keyHandlers(deps) },
      pages: pages(deps),
      run() {
        following = followDeclarations(deps, signal);
      },
      async stop() {
        await following;
      },
    };
  },
});
