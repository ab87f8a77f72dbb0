import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createRoutePublisher } from "../../packages/apps/clusters/src/adapters/route-publisher.ts";
import type { RouteTable } from "../../packages/apps/clusters/src/route.ts";
import { freePort } from "../../packages/gateway/test/gateway-process.ts";
import { appRecord, beat, target, workload } from "../../packages/gateway/test/records.ts";
import { ValkeyServer } from "../../packages/gateway/test/valkey-server.ts";
import { BEAT_MS, type WorkloadRoute } from "../../packages/kit/src/registry/record.ts";
import { PATHS, PREFIX } from "./answers.ts";
import type { Bed } from "./bed.ts";
import { type Target, type Upstream, urlOf } from "./target.ts";

const WORKLOAD_HOST = "bench.localhost";
const PLATFORM_HOST = "localhost";

export type Homeport = {
  /** Routed by the host of a workload, the upstream on TCP. */
  tcp: Target;
  /** Routed by the prefix of an app, the upstream on a unix socket. */
  unix: Target;
  /** Publishes these routes besides that of `tcp`, as the clusters app does. Resolves when Valkey has them. */
  publish(routes: readonly WorkloadRoute[]): Promise<void>;
};

/** The gateway as in production: its own process, configured by the environment, with its routes in a Valkey. */
export const startHomeport = async (bed: Bed, upstream: Upstream): Promise<Homeport> => {
  const valkey = new ValkeyServer(bed.dir);
  bed.defer(() => valkey.kill());
  await valkey.start();
  await keepApp(bed, valkey, upstream.socketPath);

  const own = workload([WORKLOAD_HOST], [target(upstream.port)]);
  let table: RouteTable = { revision: 1, routes: [own] };
  const publisher = createRoutePublisher(valkey.redis, {
    read: async () => table,
    revision: async () => table.revision,
    raiseRevisionAbove: async (floor) => {
      table = { ...table, revision: floor + 1 };
    },
  });
  await publisher.publish();

  const port = await freePort();
  const dataDir = join(bed.dir, "homeport");
  mkdirSync(dataDir);
  const main = join(import.meta.dir, "../../packages/gateway/src/main.ts");
  const gateway = bed.start("homeport", [process.execPath, main], {
    NODE_ENV: "production",
    APP_URL: `http://${PLATFORM_HOST}:${port}`,
    REDIS_URL: valkey.socketPath,
    HOMEPORT_PORT: String(port),
    HOMEPORT_DATA: dataDir,
    HOMEPORT_GATEWAY_WORKERS: "1",
  });
  const tcp = { name: "homeport", pid: gateway.pid, port, host: WORKLOAD_HOST };
  const unix = { name: "homeport, unix", pid: gateway.pid, port, host: PLATFORM_HOST };
  await bed.untilReady(
    "The gateway",
    gateway,
    async () => (await who(tcp)) === "first" && (await who(unix)) === "unix",
  );
  return {
    tcp,
    unix,
    async publish(routes) {
      table = { revision: table.revision + 1, routes: [own, ...routes] };
      await publisher.publish();
    },
  };
};

/** The app beats as every app does, or its lease would end in the middle of a run. */
const keepApp = async (bed: Bed, valkey: ValkeyServer, socketPath: string): Promise<void> => {
  const record = appRecord({ id: "bench", baseUrl: `unix:${socketPath}`, routes: [PREFIX] });
  await beat(valkey.redis, record);
  const timer = setInterval(() => {
    beat(valkey.redis, record).catch((err: unknown) => console.error("The app's beat failed:", err));
  }, BEAT_MS);
  bed.defer(() => clearInterval(timer));
};

const who = async (gateway: Target): Promise<string> => {
  const response = await fetch(urlOf(gateway, PATHS.who), { headers: { host: gateway.host } });
  return response.text();
};
