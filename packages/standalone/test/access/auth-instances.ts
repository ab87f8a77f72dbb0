import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningApp, startApp } from "@homeport/kit/app.ts";
import { openPlatform } from "@homeport/kit/platform.ts";
import { type TestDatabase, testDatabase } from "@homeport/kit/test/database.ts";
import { testValkey } from "@homeport/kit/test/valkey.ts";
import { buildAssets } from "@homeport/ui/assets";
import { appFolders, loadApps } from "../../src/app-list.ts";
import type { Answer } from "../matrix/platform.ts";
import type { Sent } from "./house.ts";

/** One process' worth of the auth app. */
export type AuthInstance = {
  ask(method: string, path: string, sent?: Sent): Promise<Answer>;
  stop(): Promise<void>;
};

/** Any number of auth apps, each with its own connections, over one database and one Valkey. */
export type AuthInstances = {
  database: TestDatabase;
  /** Where the first one puts the setup token. */
  dataDir: string;
  start(): Promise<AuthInstance>;
  stop(): Promise<void>;
};

const ROOT = join(import.meta.dir, "../../../..");

export const createAuthInstances = async (): Promise<AuthInstances> => {
  const definition = (await loadApps()).find(({ manifest }) => manifest.id === "auth");
  if (definition?.migrations === undefined) throw new Error("there is no auth app");
  const database = await testDatabase([{ app: "auth", dir: definition.migrations, jobs: true }]);
  const valkey = await testValkey();
  const dataDir = mkdtempSync(join(tmpdir(), "hpa-"));
  const assetsDir = join(tmpdir(), "hp-test-assets-all");
  await buildAssets({ apps: appFolders.map((app) => ({ id: app.id, dir: join(ROOT, app.dir) })), outDir: assetsDir });
  const running = new Set<AuthInstance>();
  return {
    database,
    dataDir,
    async start() {
      const runDir = mkdtempSync(join(tmpdir(), "hpr-"));
      const platform = await openPlatform(
        {
          databaseUrl: database.url,
          redisUrl: valkey.url,
          appSecret: database.secret,
          keyFile: null,
          previousSecret: null,
          previousKeyFile: null,
          appUrl: new URL("http://localhost"),
          gatewayUrl: "http://127.0.0.1:1",
          registryHost: "127.0.0.1:1",
          baseDomain: "localhost",
          dataDir,
          runDir,
          assetsDir,
          listen: null,
          version: "test",
          settingEnv: () => undefined,
        },
        async () => {},
      );
      const app = await startApp(definition, platform);
      const instance: AuthInstance = {
        ask: (method, path, sent) => send(app, method, path, sent),
        async stop() {
          if (!running.delete(instance)) return;
          await app.stop();
          await platform.close();
          rmSync(runDir, { recursive: true, force: true });
        },
      };
      running.add(instance);
      return instance;
    },
    async stop() {
      await Promise.all([...running].map((instance) => instance.stop()));
      await valkey.close();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
};

const send = async (
  app: RunningApp,
  method: string,
  path: string,
  { headers = {}, json }: Sent = {},
): Promise<Answer> => {
  const response = await fetch(`http://app${path}`, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    redirect: "manual",
    unix: app.baseUrl.slice("unix:".length),
    signal: AbortSignal.timeout(60_000),
  });
  return { status: response.status, body: await response.text(), headers: response.headers };
};
