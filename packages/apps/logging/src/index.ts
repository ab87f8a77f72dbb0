import { join } from "node:path";
import { defineApp } from "@homeport/kit/app.ts";
import { isId } from "@homeport/kit/ids.ts";
import { settingsOf } from "@homeport/kit/settings/app-settings.ts";
import { z } from "zod";
import { createLineChannel } from "./adapters/line-channel.ts";
import { appendRoute } from "./api/append.ts";
import { downloadRoute } from "./api/download.ts";
import { streamHandlers } from "./api/streams.ts";
import { tailRoute } from "./api/tail.ts";
import { contract } from "./contract.ts";
import { manifest } from "./manifest.ts";
import type { LoggingDeps } from "./service/deps.ts";
import { loaders } from "./service/loaders.ts";
import { removeOldLogs } from "./service/retention.ts";
import { dropStream } from "./service/streams.ts";
import { createTails } from "./service/tails.ts";
import { limitsOf, settings } from "./settings.ts";
import { runtimeStreamOf } from "./stream.ts";

export const app = defineApp({
  manifest,
  contract,
  migrations: join(import.meta.dir, "migrations"),
  jobs: true,
  start(context) {
    const { sql, valkey, jobs, signal } = context;
    const { get } = settingsOf(context, settings);
    const channel = createLineChannel(valkey);
    const deps: LoggingDeps = { sql, clock: () => new Date(), limits: () => limitsOf(get), channel };
    const tails = createTails(deps);
    jobs.handle("retention", z.object({}), (job) => removeOldLogs(deps, job.signal), { concurrency: 1 });
    jobs.schedule("retention", "41 * * * *");
    jobs.handle("stream.remove", z.object({ workloadId: z.uuid() }), async ({ data }) => {
      await dropStream(deps, runtimeStreamOf(data.workloadId));
    });
    let looking: Promise<void> = Promise.resolve();
    return {
      handlers: { streams: streamHandlers(deps) },
      loaders: loaders(deps),
      consumers: [
        {
          name: "workloads",
          types: ["clusters.workload.removed"], // the agents have delivered its last lines before
          handle: async ({ subject }, tx) => {
            if (subject === null || !isId(subject)) return;
            await jobs.enqueue(tx, "stream.remove", { workloadId: subject }); // a log is large, and this holds up others
          },
        },
      ],
      routes: [appendRoute(deps), tailRoute(deps, tails, signal), downloadRoute(deps)],
      run() {
        looking = tails.run(signal);
      },
      async stop() {
        await looking;
        channel.close();
      },
    };
  },
});
