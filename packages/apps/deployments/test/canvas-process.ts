import { startApp } from "@homeport/kit/app.ts";
import type { PlatformConfig } from "@homeport/kit/config.ts";
import { openPlatform } from "@homeport/kit/platform.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { canvasApp } from "./canvas-app.ts";

/** Runs the canvas app until it is killed, or who started it is gone; says the path of its socket. */
const lines = console[Symbol.asyncIterator]();
const given = JSON.parse((await lines.next()).value);
const config: PlatformConfig = {
  ...given,
  databaseUrl: new Secret(given.databaseUrl),
  appSecret: new Secret(given.appSecret),
  appUrl: new URL(given.appUrl),
  settingEnv: () => undefined,
};
const platform = await openPlatform(config, async () => {});
const { baseUrl } = await startApp(canvasApp, platform);
process.stdout.write(`listens on ${baseUrl}\n`);
await lines.next();
process.exit();
