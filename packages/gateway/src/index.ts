import { join } from "node:path";
import pkg from "../package.json" with { type: "json" };
import { Valkey } from "./adapters/valkey.ts";
import { startAdmin } from "./admin.ts";
import { Announcer } from "./announcer.ts";
import { Balancer } from "./balancer.ts";
import { adminSocket, GatewayConfig, platformHostNames, tableFile } from "./config.ts";
import { loadTable, TableFile } from "./disk.ts";
import { HttpProxy } from "./http-proxy.ts";
import { AppLeases } from "./leases.ts";
import { log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { Router } from "./router.ts";
import { TableKeeper } from "./table-keeper.ts";
import { listTable, targetKeys } from "./table-listing.ts";
import { RegistryWatch } from "./watch.ts";
import { WorkloadRoutes } from "./workload-routes.ts";

export type { GatewayConfig } from "./config.ts";

/** How long the start waits for Valkey before it serves the table from disk. */
const FIRST_READ_MS = 2_000;

export type Gateway = {
  readonly port: number;
  readonly url: string;
  readonly isListening: boolean;
  /** Counts an error that nothing handled, for /metrics. */
  countUncaught(): void;
  /** Stops accepting, lets running requests finish until the deadline, then closes everything. Safe to call twice. */
  stop(): Promise<void>;
};

export type GatewayOptions = {
  /** Aborting it is the same as `stop()`. */
  signal?: AbortSignal;
  /** Monotonic milliseconds: the clock of leases. */
  now?: () => number;
};

/** @throws when the config is wrong or the port can't be listened on. An unreachable Valkey is no reason not to start. */
export async function startGateway(input: GatewayConfig, options: GatewayOptions = {}): Promise<Gateway> {
  const config = GatewayConfig.parse(input);
  const now = options.now ?? (() => performance.now());
  const platformHosts = platformHostNames(config.platformHosts);

  const leases = new AppLeases(now);
  const workloads = new WorkloadRoutes(now);
  const keeper = new TableKeeper(leases, workloads, platformHosts);
  const saved = await loadTable(tableFile(config.dataDir));
  if (saved !== null) keeper.restore(saved);

  const valkey = new Valkey(config.valkeyUrl);
  const watch = new RegistryWatch({ registry: valkey, leases, workloads, keeper });
  const file = new TableFile(tableFile(config.dataDir));
  const announcer = new Announcer(valkey, Bun.randomUUIDv7());
  const metrics = new Metrics();
  const balancer = new Balancer(() => performance.now());
  const health = () => ({
    status: "ok",
    version: pkg.version,
    routes: keeper.current.prefixes.length,
    hosts: keeper.current.hosts.length,
    valkey: watch.isUp ? "up" : "down",
  });
  const router = new Router({ keeper, platformHosts, baseDomain: config.baseDomain, health });
  const proxy = new HttpProxy({
    host: config.host,
    port: config.port,
    timeouts: config.timeouts,
    rules: router,
    events: metrics,
    balancer,
    now: () => performance.now(),
  });
  announcer.applied(keeper.current.revision);
  keeper.onSwap(({ table, serialized }) => {
    announcer.applied(table.revision);
    const keys = targetKeys(table);
    proxy.retain(keys);
    balancer.retain(keys);
    file.save(serialized);
  });

  if (await valkey.isConnected(FIRST_READ_MS)) await watch.refresh();
  const { port } = await proxy.listen().catch((err: unknown) => {
    valkey.close();
    throw err;
  });
  // After listening: whoever holds the port also holds the admin socket of this folder, which must not be taken away.
  const admin = await startAdmin(adminSocket(config.runDir ?? join(config.dataDir, "run")), {
    health,
    isReady: () => keeper.isLoaded && proxy.isListening,
    metrics: () => metrics.render(gauges()),
    table: () => listTable({ table: keeper.current, invalid: watch.invalid, restored: leases.restored(), balancer }),
  }).catch(async (err: unknown) => {
    await proxy.stop(0);
    valkey.close();
    throw err;
  });
  const loops = new AbortController();
  const running = Promise.all([watch.run(loops.signal), announcer.run(loops.signal)]);
  log.info({ port, routes: keeper.current.prefixes.length, hosts: keeper.current.hosts.length }, "gateway listens");

  let stopped: Promise<void> | null = null;
  const stop = () => {
    stopped ??= shutDown();
    return stopped;
  };
  options.signal?.addEventListener("abort", () => void stop(), { once: true });
  if (options.signal?.aborted === true) void stop();
  return {
    port,
    url: `http://localhost:${port}`,
    get isListening() {
      return proxy.isListening;
    },
    countUncaught: () => metrics.caught(),
    stop,
  };

  /** Routes stay current until the last request is done; the admin socket says "not ready" meanwhile. */
  async function shutDown(): Promise<void> {
    await proxy.stop(config.timeouts.drainMs);
    loops.abort();
    await running;
    valkey.close();
    await file.flush();
    await admin.stop();
    log.info("gateway stopped");
  }

  function gauges(): Record<string, number> {
    const { prefixes, hosts, refused, revision } = keeper.current;
    return {
      routes: prefixes.length,
      hosts: hosts.length,
      refused_routes: refused.length,
      invalid_records: watch.invalid.length,
      table_revision: revision ?? 0,
      valkey_up: watch.isUp ? 1 : 0,
    };
  }
}
