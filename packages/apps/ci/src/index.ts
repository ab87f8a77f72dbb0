import { join } from "node:path";
import { defineApp } from "@homeport/kit/app.ts";
import { signIdentity } from "@homeport/kit/identity.ts";
import { type LeaseLoop, leaseLoop } from "@homeport/kit/lease/lease-loop.ts";
import { settingsOf } from "@homeport/kit/settings/app-settings.ts";
import { contract as loggingContract } from "@homeport/logging/contract.ts";
import { z } from "zod";
import { archiveFilesIn } from "./adapters/archive-files.ts";
import { buildLogsAt } from "./adapters/build-logs.ts";
import { jobHandlers, jobLoader } from "./api/jobs.ts";
import { runnerHandlers } from "./api/runner.ts";
import { uploadRoutes } from "./api/uploads.ts";
import { contract, LEASE_SECONDS } from "./contract.ts";
import { manifest } from "./manifest.ts";
import { createJobs } from "./service/jobs.ts";
import { claimLogSteps, takeLogStep } from "./service/log-steps.ts";
import { REAP_EVERY_MS, reapJobs } from "./service/reap.ts";
import { createRunners } from "./service/runners.ts";
import { createUploads } from "./service/uploads.ts";
import { createWake } from "./service/wake.ts";
import { settings } from "./settings.ts";
import { SEALED_SECRETS } from "./store/sealed-secrets.ts";

/** A backstop: what a job needs is done as soon as it changes. */
const LOG_STEPS_EVERY_MS = 5_000;
const LOG_STEPS_AT_ONCE = 10;
const MIB = 1024 * 1024;

export const app = defineApp({
  manifest,
  contract,
  migrations: join(import.meta.dir, "migrations"),
  jobs: true,
  sealed: [SEALED_SECRETS],
  start(context) {
    const { sql, keys, events, jobs: background, dataDir, identityKey, signal, client } = context;
    const { get } = settingsOf(context, settings);
    const uploadLimits = () => ({ maxBytes: get("max-upload-mib") * MIB, keptDays: get("upload-days") });
    const queued = createWake();
    const cancelling = createWake();
    let upkeep: LeaseLoop | null = null;
    const onLogWork = () => upkeep?.wake();
    const jobs = createJobs(sql, keys, onLogWork);
    const runners = createRunners({ sql, keys, leaseSeconds: LEASE_SECONDS, queued, cancelling, onLogWork });
    const uploads = createUploads(sql, archiveFilesIn(join(dataDir, "uploads")), uploadLimits);
    const logs = buildLogsAt(client(loggingContract, "logging"));
    const unsubscribe = [
      events.subscribe(["ci.job.queued"], queued.wake),
      events.subscribe(["ci.job.cancelling"], cancelling.wake),
    ];
    background.handle("uploads.expire", z.object({}), () => uploads.expire());
    background.schedule("uploads.expire", "17 * * * *", {});
    background.handle("jobs.prune", z.object({}), () => jobs.prune(get("job-days")));
    background.schedule("jobs.prune", "37 * * * *", {});
    return {
      handlers: {
        jobs: jobHandlers(jobs),
        runner: runnerHandlers(runners, (principal, ttl) => signIdentity(identityKey, principal, ttl), signal),
      },
      loaders: { job: jobLoader(jobs) },
      routes: uploadRoutes(uploads, uploadLimits),
      run() {
        upkeep = leaseLoop({
          name: "ci jobs",
          claim: (limit) => claimLogSteps(sql, limit),
          run: (step) => takeLogStep(sql, logs, step),
          reap: () => reapJobs(sql, onLogWork),
          reapEveryMs: REAP_EVERY_MS,
          everyMs: LOG_STEPS_EVERY_MS,
          concurrency: LOG_STEPS_AT_ONCE,
          signal,
        });
      },
      async stop() {
        for (const end of unsubscribe) end();
        await upkeep?.done;
      },
    };
  },
});
