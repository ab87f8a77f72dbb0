import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RouteRow, type RunningApp, startApp } from "@homeport/kit/app.ts";
import { type SignedPrincipal, signIdentity } from "@homeport/kit/identity.ts";
import { openPlatform, type Platform } from "@homeport/kit/platform.ts";
import { buildAssets } from "@homeport/ui/assets";
import { type TestDatabase, testDatabase } from "../../../kit/test/database.ts";
import { handshake } from "../../../kit/test/socket-client.ts";
import { testValkey } from "../../../kit/test/valkey.ts";
import { appFolders, loadApps } from "../../src/app-list.ts";

/** A row of an app's routes, with the app. */
export type Row = RouteRow & { app: string };

export type Answer = { status: number; body: string; headers: Headers };

export type Headers_ = Record<string, string>;

/** Every app of the platform, for real, in this process; in place of the gateway a router by path. No agent, no runner. */
export type MatrixPlatform = {
  platform: Platform;
  database: TestDatabase;
  rows: readonly Row[];
  /** Every answer is read whole, up to a bound. */
  send(app: string, method: string, path: string, headers: Headers_, body?: string): Promise<Answer>;
  /** Asks for a WebSocket, and closes it when there is one. */
  shakeHands(app: string, path: string, headers: Headers_): Promise<Answer>;
  identity(principal: SignedPrincipal): Promise<Headers_>;
  stop(): Promise<void>;
};

const ROOT = join(import.meta.dir, "../../../..");

/** Streams never end by themselves: what there is after this long is the answer. */
const STREAM_MS = 300;
const MAX_BODY = 512 * 1024;

export const startMatrixPlatform = async (): Promise<MatrixPlatform> => {
  const definitions = await loadApps();
  const database = await testDatabase(
    definitions.flatMap(({ manifest, migrations, jobs }) =>
      migrations === undefined ? [] : [{ app: manifest.id, dir: migrations, jobs: jobs === true }],
    ),
  );
  const valkey = await testValkey();
  const dir = mkdtempSync(join(tmpdir(), "hpm-"));
  const apps = new Map<string, RunningApp>();
  const router = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: (request) => {
      const url = new URL(request.url);
      const app = apps.get(/^\/api\/v1\/([^/]+)/.exec(url.pathname)?.[1] ?? "");
      if (app === undefined) return new Response("no such app", { status: 503 });
      const headers = new Headers(request.headers);
      headers.set("x-forwarded-host", url.host);
      return call(app, url.pathname + url.search, { method: request.method, headers, body: request.body });
    },
  });
  const origin = `http://127.0.0.1:${router.port}`;
  const assetsDir = join(tmpdir(), "hp-test-assets-all");
  await buildAssets({ apps: appFolders.map((app) => ({ id: app.id, dir: join(ROOT, app.dir) })), outDir: assetsDir });
  const platform = await openPlatform(
    {
      databaseUrl: database.url,
      redisUrl: valkey.url,
      appSecret: database.secret,
      keyFile: null,
      previousSecret: null,
      previousKeyFile: null,
      appUrl: new URL(origin),
      gatewayUrl: origin,
      registryHost: `127.0.0.1:${router.port}`,
      baseDomain: "localhost",
      dataDir: dir,
      runDir: dir,
      assetsDir,
      listen: null,
      version: "test",
      settingEnv: () => undefined,
    },
    async () => {},
  );
  for (const definition of definitions) apps.set(definition.manifest.id, await startApp(definition, platform));
  return {
    platform,
    database,
    rows: [...apps.values()].flatMap(({ id, table }) => table.map((row) => ({ ...row, app: id }))),
    async send(app, method, path, headers, body) {
      const signal = AbortSignal.timeout(60_000);
      const to = apps.get(app);
      if (to === undefined) throw new Error(`there is no app ${app}`);
      const response = await call(to, path, { method, headers, signal, ...(body === undefined ? {} : { body }) });
      return { status: response.status, body: await readAnswer(response), headers: response.headers };
    },
    shakeHands(app, path, headers) {
      const to = apps.get(app);
      if (to === undefined) throw new Error(`there is no app ${app}`);
      return handshake({ path: to.baseUrl.slice("unix:".length) }, path, headers);
    },
    identity: async (principal) => ({
      authorization: `Bearer ${await signIdentity(platform.identityKey, principal, 3_600)}`,
    }),
    async stop() {
      await Promise.all([...apps.values()].map((app) => app.stop()));
      await platform.close();
      await router.stop(true);
      await valkey.close();
      await database.drop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

const call = (app: RunningApp, path: string, init: RequestInit): Promise<Response> =>
  fetch(`http://app${path}`, { ...init, redirect: "manual", unix: app.baseUrl.slice("unix:".length) });

const readAnswer = async (response: Response): Promise<string> => {
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  if (!isStream) return (await response.text()).slice(0, MAX_BODY);
  const reader = response.body?.getReader();
  const until = Bun.sleep(STREAM_MS).then(() => ({ done: true, value: undefined }));
  let text = "";
  for (;;) {
    const { done, value } = (await Promise.race([reader?.read(), until])) ?? { done: true, value: undefined };
    if (done || value === undefined) break;
    text += new TextDecoder().decode(value);
  }
  await reader?.cancel();
  return text;
};
