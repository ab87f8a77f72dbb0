import { hostname } from "node:os";
import { join } from "node:path";
import type { HostPolicy } from "@homeport/kit/registry/policy.ts";
import type { WorkloadRoute } from "@homeport/kit/registry/record.ts";
import pkg from "../package.json" with { type: "json" };
import { Valkey } from "./adapters/valkey.ts";
import { startAdmin } from "./admin.ts";
import { Announcer } from "./announcer.ts";
import { adminSocket, GatewayConfig, platformHostNames, tableFile } from "./config.ts";
import { loadTable, TableFile } from "./disk.ts";
import { AppLeases } from "./leases.ts";
import { log } from "./log.ts";
import { Observer } from "./observe/observer.ts";
import { renderMetrics } from "./observe/prometheus.ts";
import { describeGateway } from "./observe/status.ts";
import { TrafficLedger } from "./observe/traffic-ledger.ts";
import { openPlane } from "./plane/open-plane.ts";
import { openPolicies } from "./policies/open-policies.ts";
import { AUTH_PATH } from "./policies/open-sign-in.ts";
import { PublishedHash } from "./published-hash.ts";
import { Router } from "./router.ts";
import { StatusWriter } from "./status-writer.ts";
import { TableKeeper } from "./table-keeper.ts";
import { listTable, targetKeys } from "./table-listing.ts";
import { CertificateDirectory } from "./tls/certificate-directory.ts";
import { CertificateStore } from "./tls/certificate-store.ts";
import { Challenges } from "./tls/challenges.ts";
import { readChallenge } from "./tls/webroot.ts";
import { TrafficWriter } from "./traffic-writer.ts";
import { RegistryWatch } from "./watch.ts";

export type { GatewayConfig } from "./config.ts";

/** How long the start waits for Valkey before it serves the table from disk. */
const FIRST_READ_MS = 2_000;

export type GatewayStop = {
  /** Others serve the port from now on: idle clients are told with their next answer instead of being cut off. */
  successor?: boolean;
};

export type Gateway = {
  readonly port: number;
  /** Null without TLS. */
  readonly tlsPort: number | null;
  readonly url: string;
  readonly isListening: boolean;
  /** What TLS connections get, besides the folder's; takes changes while it serves. */
  readonly certificates: CertificateStore;
  /** What certificate authorities ask for on port 80. */
  readonly challenges: Challenges;
  /** Counts an error that nothing handled, for /metrics. */
  countUncaught(): void;
  /** Stops accepting, lets running requests finish until the deadline, then closes everything. Safe to call twice. */
  stop(options?: GatewayStop): Promise<void>;
};

export type GatewayOptions = {
  /** Aborting it is the same as `stop()`. */
  signal?: AbortSignal;
  /** Monotonic milliseconds: the clock of leases. */
  now?: () => number;
};

/** @throws when the config is wrong or a port can't be listened on. An unreachable Valkey is no reason not to start. */
export async function startGateway(input: GatewayConfig, options: GatewayOptions = {}): Promise<Gateway> {
  const config = GatewayConfig.parse(input);
  const now = options.now ?? (() => performance.now());
  const instance = Bun.randomUUIDv7();
  const startedAt = new Date();
  const platformHosts = platformHostNames(config.platformHosts);
  const loops = new AbortController();
  const running: Promise<void>[] = [];

  const leases = new AppLeases(now);
  const workloads = new PublishedHash<WorkloadRoute>(now);
  const policyHash = new PublishedHash<HostPolicy>(now);
  const keeper = new TableKeeper(leases, workloads, policyHash, platformHosts);
  const saved = await loadTable(tableFile(config.dataDir));
  if (saved !== null) keeper.restore(saved);

  const valkey = new Valkey(config.valkeyUrl);
  const watch = new RegistryWatch({ registry: valkey, leases, workloads, policies: policyHash, keeper });
  const file = new TableFile(tableFile(config.dataDir), config.socketName);
  // Where we can't write, as with a full memory, apps can't renew their leases either: nobody is gone for that.
  const announcer = new Announcer(valkey, instance, () => leases.interrupt());
  const certificates = new CertificateStore();
  const challenges = new Challenges();
  const ports: { http: number; https: number | null } = { http: config.port, https: config.tls?.port ?? null };
  const policies = openPolicies({
    valkeyUrl: config.valkeyUrl,
    appSecret: config.appSecret ?? null,
    address: { appUrl: new URL(config.appUrl), ports: () => ports },
    authTargets: () => keeper.current.matchPath(AUTH_PATH)?.ready ?? [],
  });
  const health = () => ({
    status: "ok",
    version: pkg.version,
    routes: keeper.current.prefixes.length,
    hosts: keeper.current.hosts.length,
    valkey: watch.isUp ? "up" : "down",
  });
  const router = new Router({
    keeper,
    platformHosts,
    baseDomain: config.baseDomain,
    health,
    compile: policies.compile,
    challengeAt: (path) =>
      challenges.answer(path) ?? (config.tls === undefined ? null : readChallenge(config.tls.directory, path)),
  });
  const observer = new Observer((id) => keeper.current.routeIds.has(id));
  const traffic = new TrafficLedger(() => performance.now());
  const trafficWriter = new TrafficWriter(valkey, traffic, instance);
  const { plane, live } = openPlane({ config, rules: router, observer, traffic, certificates });
  const source = () => ({
    table: keeper.current,
    live,
    observer,
    invalid: watch.invalid,
    restored: leases.restored(),
    certificates: certificates.list(),
    now: performance.now(),
  });
  const mark = () => `${keeper.version} ${observer.requestCount} ${watch.isUp} ${plane.isListening}`;
  const describe = (sinceMs: number) =>
    describeGateway(source(), sinceMs, {
      instance,
      hostname: hostname(),
      pid: process.pid,
      worker: config.worker,
      version: pkg.version,
      startedAt: startedAt.toISOString(),
      tableHash: keeper.hash,
      isValkeyUp: watch.isUp,
      isDraining: !plane.isListening,
      connections: plane.connectionCount,
    });
  const status = new StatusWriter(valkey, describe, mark);
  announcer.applied(keeper.current.revision);
  traffic.apply(keeper.current);
  keeper.onSwap(({ table, serialized }) => {
    announcer.applied(table.revision);
    traffic.apply(table);
    trafficWriter.changed();
    plane.retain(targetKeys(table));
    file.save(serialized);
  });

  if (await valkey.isConnected(FIRST_READ_MS)) await watch.refresh();
  if (config.tls !== undefined) {
    const directory = new CertificateDirectory({ folder: config.tls.directory, store: certificates });
    await directory.scan();
    running.push(directory.run(loops.signal));
  }
  const closeAll = async () => {
    loops.abort();
    await Promise.all(running);
    policies.close();
    valkey.close();
  };
  const listening = await plane.listen().catch(async (err: unknown) => {
    await closeAll();
    throw err;
  });
  [ports.http, ports.https] = [listening.port, listening.tlsPort];
  // After listening: whoever holds the port also holds the admin socket of this folder, which must not be taken away.
  const admin = await startAdmin(adminSocket(config.runDir ?? join(config.dataDir, "run"), config.socketName), {
    health,
    isReady: () => keeper.isLoaded && plane.isListening,
    metrics: () => renderMetrics(observer, gauges()),
    table: () => listTable(source()),
  }).catch(async (err: unknown) => {
    await plane.stop({ graceMs: 0, hasSuccessor: false });
    await closeAll();
    throw err;
  });
  running.push(
    watch.run(loops.signal),
    announcer.run(loops.signal),
    status.run(loops.signal),
    trafficWriter.run(loops.signal),
  );
  log.info({ port: ports.http, tlsPort: ports.https, hosts: keeper.current.hosts.length }, "gateway listens");

  let stopped: Promise<void> | null = null;
  const stop = ({ successor = false }: GatewayStop = {}) => {
    stopped ??= shutDown(successor);
    return stopped;
  };
  options.signal?.addEventListener("abort", () => void stop(), { once: true });
  if (options.signal?.aborted === true) void stop();
  return {
    port: ports.http,
    tlsPort: ports.https,
    url: `http://localhost:${ports.http}`,
    get isListening() {
      return plane.isListening;
    },
    certificates,
    challenges,
    countUncaught: () => {
      observer.uncaught++;
    },
    stop,
  };

  /** Routes stay current until the last request is done; the admin socket says "not ready" meanwhile. */
  async function shutDown(hasSuccessor: boolean): Promise<void> {
    await plane.stop({ graceMs: config.timeouts.drainMs, hasSuccessor });
    await closeAll();
    await file.flush();
    await admin.stop();
    log.info("gateway stopped");
  }

  function gauges(): Record<string, number> {
    const { prefixes, hosts, refused, revision, policyRevision } = keeper.current;
    return {
      routes: prefixes.length,
      hosts: hosts.length,
      refused_routes: refused.length,
      invalid_records: watch.invalid.length,
      table_revision: revision ?? 0,
      policy_revision: policyRevision ?? 0,
      connections: plane.connectionCount,
      valkey_up: watch.isUp ? 1 : 0,
    };
  }
}
