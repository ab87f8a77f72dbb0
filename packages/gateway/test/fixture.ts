import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WorkloadRoute } from "@homeport/kit/registry/record.ts";
import type { Redis } from "ioredis";
import { adminSocket } from "../src/config.ts";
import { type Gateway, type GatewayConfig, type GatewayOptions, startGateway } from "../src/index.ts";
import { log, proxyLog, tableLog } from "../src/log.ts";
import { writeWorkloads } from "./records.ts";
import { until } from "./until.ts";
import { ValkeyServer } from "./valkey-server.ts";

for (const logger of [log, tableLog, proxyLog]) logger.level = process.env.HOMEPORT_LOG_LEVEL ?? "silent";

type Cleanup = () => unknown;

/** A Valkey, a data folder and the gateways, upstreams and clients of one test file; `close` ends them in reverse. */
export class Fixture {
  private readonly cleanups: Cleanup[] = [];

  private constructor(
    readonly dir: string,
    readonly valkey: ValkeyServer,
  ) {}

  static async open(): Promise<Fixture> {
    const dir = await mkdtemp(join(tmpdir(), "homeport-gateway-"));
    const fixture = new Fixture(dir, new ValkeyServer(dir));
    await fixture.valkey.start();
    return fixture;
  }

  get redis(): Redis {
    return this.valkey.redis;
  }

  /** A temporary folder that goes with the fixture. */
  folder(): Promise<string> {
    return mkdtemp(join(this.dir, "data-"));
  }

  async gateway(config: Partial<GatewayConfig> = {}, options: GatewayOptions = {}): Promise<Gateway> {
    const dataDir = await this.folder();
    const base = {
      host: "127.0.0.1",
      port: 0,
      valkeyUrl: this.valkey.socketPath,
      dataDir,
      platformHosts: ["platform.test"],
    };
    const timeouts = { drainMs: 500, ...config.timeouts };
    const gateway = await startGateway({ ...base, ...config, timeouts }, options);
    this.defer(() => gateway.stop());
    return gateway;
  }

  defer(cleanup: Cleanup): void {
    this.cleanups.push(cleanup);
  }

  async close(): Promise<void> {
    for (const cleanup of this.cleanups.toReversed()) await cleanup();
    await this.valkey.kill();
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** GET of a path through the gateway, as a client with a Host header sends it. */
export function get(gateway: Gateway, path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${gateway.port}${path}`, { headers, redirect: "manual" });
}

/** One route table after another with a single workload, for files whose tests each bring an upstream. */
export class WorkloadServer {
  /** `revision`: the last one of this Valkey. */
  constructor(
    private readonly fixture: Fixture,
    private readonly dataDir: string,
    private revision = 0,
  ) {}

  /** Resolves when the gateway serves exactly these routes. */
  async serve(...routes: WorkloadRoute[]): Promise<void> {
    this.revision++;
    await writeWorkloads(this.fixture.redis, this.revision, routes);
    await until("the new routes are served", async () => {
      const table = await admin<{ revision: number | null }>(this.dataDir, "/table");
      return table.revision === this.revision;
    });
  }
}

/** A page of the admin socket. */
export async function admin<Body>(dataDir: string, path: string): Promise<Body> {
  const response = await fetch(`http://gateway${path}`, { unix: adminSocket(join(dataDir, "run")) });
  return (await response.json()) as Body;
}
