import { join } from "node:path";
import { defineApp } from "@homeport/kit/app.ts";
import { createPipes } from "@homeport/kit/pipe/pipe.ts";
import { createGateways } from "./adapters/gateways.ts";
import { createRoutePublisher } from "./adapters/route-publisher.ts";
import { agentHandlers } from "./api/agent.ts";
import { nodeTaskHandlers } from "./api/node-tasks.ts";
import { nodeHandlers } from "./api/nodes.ts";
import { runHandlers } from "./api/runs.ts";
import { agentShellSocket, shellHandlers } from "./api/shells.ts";
import { taskHandlers } from "./api/tasks.ts";
import { workloadHandlers } from "./api/workloads.ts";
import { contract } from "./contract.ts";
import { manifest } from "./manifest.ts";
import { pages } from "./pages/index.tsx";
import { createController } from "./service/controller.ts";
import type { ClustersDeps } from "./service/deps.ts";
import { loaders } from "./service/loaders.ts";
import { SEALED } from "./service/release-env.ts";
import { routeSource } from "./service/route-source.ts";
import { runTaskSweeps } from "./service/sweep-tasks.ts";
import { createSignals } from "./signal.ts";

export const app = defineApp({
  manifest,
  contract,
  migrations: join(import.meta.dir, "migrations"),
  sealed: SEALED,
  start({ sql, keys, valkey, signal }) {
    const deps: ClustersDeps = {
      sql,
      clock: () => new Date(),
      signals: createSignals(),
      keys,
    };
    const controller = createController(deps, createGateways(valkey));
    const publisher = createRoutePublisher(valkey, routeSource(sql));
    const pipes = createPipes(valkey);
    const loops: Promise<void>[] = [];
    return {
      handlers: {
        workloads: workloadHandlers(deps),
        runs: runHandlers(deps),
        shells: shellHandlers(deps),
        tasks: taskHandlers(deps),
        nodes: { ...nodeHandlers(deps), ...nodeTaskHandlers(deps, signal) },
        agent: agentHandlers(deps, signal),
      },
      sockets: [agentShellSocket(deps, pipes)],
      loaders: loaders(deps),
      pages: pages(deps),
      run() {
        valkey.on("ready", deps.signals.routes.raise); // a server that was away may have come back empty
        loops.push(controller.run(signal), publisher.run(deps.signals.routes, signal), runTaskSweeps(deps, signal));
      },
      async stop() {
        valkey.off("ready", deps.signals.routes.raise);
        await Promise.all(loops);
        await pipes.close();
      },
    };
  },
});
