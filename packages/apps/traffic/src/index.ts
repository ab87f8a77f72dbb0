import { join } from "node:path";
import { defineApp } from "@homeport/kit/app.ts";
import { createSignal } from "@homeport/kit/lease/signal.ts";
import { createPolicyPublisher } from "./adapters/policy-publisher.ts";
import { createStatuses } from "./adapters/statuses.ts";
import { policyHandlers } from "./api/policies.ts";
import { statusHandler } from "./api/status.ts";
import { contract } from "./contract.ts";
import { createDriftWatch } from "./drift.ts";
import { manifest } from "./manifest.ts";
import { pages } from "./pages/index.tsx";
import type { TrafficDeps } from "./service/deps.ts";
import { policySource } from "./service/policy-source.ts";

export const app = defineApp({
  manifest,
  contract,
  migrations: join(import.meta.dir, "migrations"),
  start({ sql, config, valkey, signal }) {
    const clock = () => new Date();
    const deps: TrafficDeps = {
      sql,
      clock,
      statuses: createStatuses(valkey),
      drift: createDriftWatch(clock),
      changed: createSignal(),
      platformHosts: new Set(["localhost", config.appUrl.hostname]),
    };
    const publisher = createPolicyPublisher(valkey, policySource(sql));
    let publishing: Promise<void> | undefined;
    return {
      handlers: { status: statusHandler(deps), policies: policyHandlers(deps) },
      pages: pages(deps),
      run() {
        valkey.on("ready", deps.changed.raise); // a server that was away may have come back empty
        publishing = publisher.run(deps.changed, signal);
      },
      async stop() {
        valkey.off("ready", deps.changed.raise);
        await publishing;
      },
    };
  },
});
