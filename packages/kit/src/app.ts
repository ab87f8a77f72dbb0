import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ContractRouterClient } from "@orpc/contract";
import type { Redis } from "ioredis";
import { clientOf } from "./client.ts";
import type { PlatformConfig } from "./config.ts";
import { type Contract, type ContractRow, contractRows } from "./contract.ts";
import { closeSql, connectApp, type Sql, type Tx } from "./db/connect.ts";
import { consume } from "./events/consume.ts";
import type { PlatformEvent } from "./events/event.ts";
import type { EventLog } from "./events/log.ts";
import type { Handlers } from "./http/api.ts";
import { authenticate, cachedResolver, type ResolveCredential } from "./http/authenticate.ts";
import type { ResourceLoaders } from "./http/context.ts";
import { createIdempotency, KEPT_ANSWERS } from "./http/idempotency.ts";
import { listen } from "./http/listen.ts";
import { remoteResolver } from "./http/remote-resolver.ts";
import type { RawRoute } from "./http/routes.ts";
import { createServer } from "./http/server.ts";
import type { SocketRoute } from "./http/socket.ts";
import { createSocketServer } from "./http/socket-server.ts";
import { createSocketTickets } from "./http/socket-tickets.ts";
import { createJobs, type Jobs } from "./jobs/jobs.ts";
import type { Keyring } from "./keys/keyring.ts";
import { startResealing } from "./keys/reseal.ts";
import type { KeyAdmin } from "./keys/rotate.ts";
import type { SealedColumn } from "./keys/sealed-column.ts";
import { createLogger, type Logger } from "./log.ts";
import type { Manifest } from "./manifest.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { missingPage, type Page, pageRoutes } from "./page.ts";
import type { Platform } from "./platform.ts";
import { startHeartbeat } from "./registry/heartbeat.ts";
import type { AppSettings } from "./settings/app-settings.ts";
import { environmentForRegistry } from "./settings/environment.ts";

/** What an app gets from the platform when it starts. */
export type AppContext = {
  config: PlatformConfig;
  /** The app's own pool: its role sees its own schema only. */
  sql: Sql;
  valkey: Redis;
  events: EventLog;
  /** What operators set; `settingsOf` gives it its types. */
  settings: AppSettings;
  jobs: Jobs;
  metrics: Metrics;
  log: Logger;
  /** A folder of the app's own. */
  dataDir: string;
  /** Ends when the app stops; every loop of the app runs under it. */
  signal: AbortSignal;
  identityKey: Buffer;
  /** Seals what the app keeps secret in its tables; those columns are named in `sealed`. */
  keys: Keyring;
  /** The platform's keys themselves. Only for the settings app, where people change them: apps' own roles may not. */
  keyAdmin: KeyAdmin;
  /** Whose credential is this; for protocols that carry it elsewhere than in a header of ours. */
  resolve: ResolveCredential;
  /** Another app's typed client; it calls through the gateway, as this app. */
  client<D extends Contract>(contract: D, appId: string): ContractRouterClient<D>;
};

export type EventHandler = {
  /** Durable: the name of the cursor. */
  name: string;
  types: readonly string[];
  /** Runs in the transaction that moves the cursor: database work only, no calls. */
  handle: (event: PlatformEvent, tx: Tx) => Promise<void>;
};

/** What an app hands back: everything the kit serves and runs for it. */
export type AppParts<C extends Contract> = {
  handlers: Handlers<C>;
  loaders?: ResourceLoaders;
  routes?: readonly RawRoute[];
  sockets?: readonly SocketRoute[];
  pages?: readonly Page[];
  consumers?: readonly EventHandler[];
  /** Only the auth app: it answers for credentials itself. */
  resolve?: ResolveCredential;
  /** Starts loops, after the app listens; they end with `context.signal`. */
  run?: () => Promise<void> | void;
  /** Called once requests are drained. */
  stop?: () => Promise<void>;
};

export type AppDefinition<C extends Contract = Contract> = {
  manifest: Manifest;
  contract: C;
  /** Folder of numbered SQL files; an app without tables has none. */
  migrations?: string;
  /** Whether it has background jobs. */
  jobs?: boolean;
  /** Its columns of values that `context.keys` sealed: they are sealed anew when the platform's key is changed. */
  sealed?: readonly SealedColumn[];
  start: (context: AppContext) => Promise<AppParts<C>> | AppParts<C>;
};

export type RunningApp = {
  id: string;
  baseUrl: string;
  /** Everything it answers, besides health, metrics and the description of its API. */
  table: readonly RouteRow[];
  stop(): Promise<void>;
};

/** A row of an app's routes: contract routes under their name, others under method and path. */
export type RouteRow = ContractRow;

/** Types an app. The result is a value: nothing runs before it is started. */
export const defineApp = <C extends Contract>(definition: AppDefinition<C>): AppDefinition<C> => definition;

/** How long requests that are being answered may take to end when an app stops. */
const DRAIN_MS = 10_000;
/** How long gateways may take to see that an instance drains: a listener that closes earlier would refuse requests. */
const UNROUTE_MS = 250;

/**
 * Starts an app whose migrations have run: routes, listen, then register as ready. Stopping goes the other way: off
 * the registry, drain, loops, pools.
 */
export const startApp = async <C extends Contract>(
  definition: AppDefinition<C>,
  platform: Platform,
): Promise<RunningApp> => {
  const { manifest } = definition;
  const { config } = platform;
  const log = createLogger(manifest.id);
  const metrics = createMetrics();
  const stopping = new AbortController();
  const dataDir = join(config.dataDir, manifest.id);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const declared = manifest.settings ?? [];
  const settings = platform.settings.open(manifest.id, declared); // first: a wrong environment refuses the start
  const sql = connectApp({ url: config.databaseUrl, app: manifest.id, secret: config.appSecret });
  const jobs = createJobs({ sql, app: manifest.id, events: platform.events, signal: stopping.signal });
  const token = () => platform.identityOf({ kind: "app", appId: manifest.id });
  const remote = cachedResolver(remoteResolver(config.gatewayUrl, token));
  const parts = await definition.start({
    config,
    sql,
    valkey: platform.valkey,
    events: platform.events,
    settings,
    jobs,
    metrics,
    log,
    dataDir,
    signal: stopping.signal,
    identityKey: platform.identityKey,
    keys: platform.keys,
    keyAdmin: platform.keyAdmin,
    resolve: remote,
    client: (contract, appId) => clientOf(contract, appId, { url: config.gatewayUrl, token }),
  });
  let ready = false;
  const loaders = parts.loaders ?? {};
  const resolve = parts.resolve ?? remote;
  const sockets = createSocketServer({
    appId: manifest.id,
    routes: parts.sockets ?? [],
    access: { policy: manifest.actions, loaders },
    authenticate: (headers) => authenticate(headers, platform.identityKey, resolve),
    tickets: createSocketTickets(platform.valkey),
    metrics,
    log,
  });
  const pages = servePages(parts.pages ?? [], manifest.id, platform, log);
  const routes = [...(parts.routes ?? []), ...sockets.faces, ...pages];
  const server = createServer({
    app: { id: manifest.id, name: manifest.name, version: config.version, actions: manifest.actions },
    contract: definition.contract,
    handlers: parts.handlers,
    loaders,
    routes,
    sockets: parts.sockets ?? [],
    identityKey: platform.identityKey,
    resolve,
    // An app without tables has no role in the database, and makes nothing that could be made twice.
    idempotency:
      definition.migrations === undefined
        ? undefined
        : createIdempotency({ sql, appId: manifest.id, appSecret: config.appSecret, keys: platform.keys, log }),
    isReady: () => ready,
    missingPage: missingPageOf(manifest.id, platform, log),
    metrics,
    log,
  });
  const instance = Bun.randomUUIDv7();
  const { listener, baseUrl } = listen(config, manifest.id, instance, server.fetch, sockets);
  const heartbeat = startHeartbeat(
    platform.valkey,
    {
      schema: 1,
      id: manifest.id,
      name: manifest.name,
      icon: manifest.icon,
      instance,
      version: config.version,
      baseUrl,
      routes: [`/api/v1/${manifest.id}`, ...manifest.routes],
      nav: [...(manifest.nav ?? [])],
      commands: [...(manifest.commands ?? [])],
      widgets: [...(manifest.widgets ?? [])],
      ...(declared.length === 0
        ? {}
        : { settings: [...declared], environment: environmentForRegistry(declared, settings.environment) }),
      actions: Object.keys(manifest.actions),
      dangerous: Object.keys(manifest.actions).filter((name) => manifest.actions[name]?.dangerous === true),
      openapi: `/api/v1/${manifest.id}/openapi.json`,
      startedAt: new Date().toISOString(),
    },
    log,
  );
  await jobs.start();
  const consumers = (parts.consumers ?? []).map((consumer) =>
    consume({
      log: platform.events,
      sql,
      app: manifest.id,
      name: consumer.name,
      types: [...consumer.types],
      handler: consumer.handle,
      from: "start",
      signal: stopping.signal,
    }),
  );
  const resealing =
    definition.migrations === undefined
      ? undefined
      : startResealing({
          sql,
          keyring: platform.keys,
          columns: [...(definition.sealed ?? []), KEPT_ANSWERS],
          log,
          signal: stopping.signal,
        });
  await parts.run?.();
  ready = true;
  await heartbeat.announce("ready");
  log.info({ appId: manifest.id, baseUrl }, "app is ready");
  return {
    id: manifest.id,
    baseUrl,
    table: [
      ...contractRows(definition.contract).map((row) => ({ ...row, path: `/api/v1/${manifest.id}${row.path}` })),
      ...routes.map(({ method, path, action, resource, isSocket }) => ({
        name: `${method} ${path}`,
        method,
        path,
        action,
        resource,
        input: null,
        ...(isSocket === undefined ? {} : { isSocket }),
      })),
    ],
    async stop() {
      ready = false;
      await heartbeat.announce("draining");
      stopping.abort(); // loops end, and requests that only wait for something are answered, so that draining is short
      await Bun.sleep(UNROUTE_MS);
      await sockets.stop();
      await Promise.race([listener.stop(), Bun.sleep(DRAIN_MS)]);
      await heartbeat.leave();
      await Promise.all(consumers.map((consumer) => consumer.stop()));
      await jobs.stop();
      await resealing;
      await parts.stop?.();
      await listener.stop(true);
      if (baseUrl.startsWith("unix:")) rmSync(baseUrl.slice("unix:".length), { force: true });
      await closeSql(sql);
    },
  };
};

const servePages = (pages: readonly Page[], appId: string, platform: Platform, log: Logger): RawRoute[] => {
  if (pages.length === 0) return [];
  if (platform.assets === null)
    throw new Error(`${appId} has pages, but no assets are built in ${platform.config.assetsDir}.`);
  return pageRoutes(pages, { appId, assets: platform.assets, navigation: platform.navigation, log });
};

const missingPageOf = (appId: string, { assets, navigation }: Platform, log: Logger) =>
  assets === null
    ? undefined
    : (request: Request, requestId: string) => missingPage(request, requestId, { appId, assets, navigation, log });
