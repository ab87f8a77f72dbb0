import type { AppDefinition, RunningApp } from "./app.ts";
import { startApp } from "./app.ts";
import type { PlatformConfig } from "./config.ts";
import { migrate } from "./db/migrate.ts";
import { openPlatform, type Platform } from "./platform.ts";

export type RunningApps = { platform: Platform; apps: RunningApp[]; stop(): Promise<void> };

/**
 * Runs apps in this process: all of them on a small machine, one in a container of its own. Migrations of all run
 * first, then the apps start side by side, then each registers.
 */
export const runApps = async (config: PlatformConfig, definitions: readonly AppDefinition[]): Promise<RunningApps> => {
  const platform = await openPlatform(config, async (admin) => {
    for (const { manifest, migrations, jobs } of definitions) {
      if (migrations === undefined) continue;
      await migrate({ admin, app: manifest.id, dir: migrations, secret: config.appSecret, jobs: jobs === true });
    }
  });
  const apps = await Promise.all(definitions.map((definition) => startApp(definition, platform)));
  return {
    platform,
    apps,
    async stop() {
      await Promise.all(apps.map((app) => app.stop()));
      await platform.close();
    },
  };
};
