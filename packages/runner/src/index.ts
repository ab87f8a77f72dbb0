import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DomainError } from "@homeport/kit/errors.ts";
import type { JobKind } from "./build-spec.ts";
import { log } from "./log.ts";
import type { BuildLog, ClaimedJob, ImageEngine, JobSource } from "./ports.ts";
import { pause } from "./run/pause.ts";
import { removeFolder } from "./run/remove-folder.ts";
import { openControlGroup } from "./sandbox/control-group.ts";
import { endLeftSandboxes } from "./sandbox/left-sandboxes.ts";
import { findToolchain } from "./sandbox/toolchain.ts";
import { createCacheLimit } from "./service/cache-limit.ts";
import { DEFAULT_LIMITS, type Limits } from "./service/limits.ts";
import { jobsFolder, runJob } from "./service/run-job.ts";

export type { BuildLog, ImageEngine, JobSource } from "./ports.ts";

export type RunnerConfig = {
  /** The platform's data folder; the runner keeps its own things in `runner/` below it, and hides the rest from builds. */
  dataDir: string;
  /** host:port to which images are pushed. */
  registry: string;
  /** Whether sources may come from loopback and private addresses. */
  allowPrivateHosts: boolean;
  /** Certificates in PEM that git trusts besides the machine's. */
  gitCertificates?: string;
  /** PATH on which the machine's toolchains are found. */
  searchPath: string;
  /** Settings of package managers that builds inherit. */
  buildEnv: Readonly<Record<string, string>>;
  /** Builds at once. Lists of branches are made beside them: people wait for these. */
  concurrency?: number;
  limits?: Partial<Limits>;
};

export type RunnerPorts = { jobs: JobSource; log: BuildLog; images: ImageEngine | null };

export type Runner = {
  /** Takes no more jobs, ends the builds that run and gives them back. */
  stop(): Promise<void>;
};

const CLAIM_WAIT_SECONDS = 20;
const RETRY_MS = 1_000;

/** Starts a runner: it asks for jobs, does them, and reports. What a killed one left behind is removed first. */
export const startRunner = async (
  config: RunnerConfig,
  { jobs, log: buildLog, images }: RunnerPorts,
): Promise<Runner> => {
  await endLeftSandboxes(jobsFolder(config.dataDir));
  await removeFolder(jobsFolder(config.dataDir));
  mkdirSync(jobsFolder(config.dataDir), { recursive: true, mode: 0o711 });
  await images
    ?.removeLeftovers()
    .catch((err: unknown) => log.warn({ err }, "leftovers of builds could not be removed"));
  const limits = { ...DEFAULT_LIMITS, ...config.limits };
  const group = openControlGroup(groupName(config.dataDir), { memoryBytes: limits.buildMemoryBytes });
  if (group === null) log.info("this machine gives out no control groups: builds as processes have no limit of memory");
  const parts = {
    jobs,
    dataDir: config.dataDir,
    registry: config.registry,
    allowPrivateHosts: config.allowPrivateHosts,
    gitCertificates: config.gitCertificates,
    toolchain: findToolchain(config.searchPath),
    images,
    env: config.buildEnv,
    limits,
    group,
  };
  const stopping = new AbortController();
  const limitCaches = createCacheLimit(join(config.dataDir, "runner/cache"), limits.maxCacheBytes);
  let running = 0;
  let cleaning = Promise.resolve();
  /** Caches are looked at between builds; a build that comes meanwhile waits. */
  const runOne = async (job: ClaimedJob): Promise<void> => {
    await cleaning;
    running++;
    await runJob(parts, buildLog, job, stopping.signal);
    if (--running > 0) return;
    cleaning = limitCaches(stopping.signal).catch((err: unknown) => log.warn({ err }, "caches could not be looked at"));
    await cleaning;
  };
  /** Does the work, after errors again, until it says that it is done or the runner stops. */
  const againAndAgain = async (work: () => Promise<"more" | "done">): Promise<void> => {
    let isAway = false;
    while (!stopping.signal.aborted) {
      try {
        if ((await work()) === "done") return;
        isAway = false;
      } catch (err) {
        if (stopping.signal.aborted) return;
        const expected = err instanceof DomainError && err.code === "unavailable";
        if (!isAway || !expected) log.warn({ err }, "no jobs can be asked for, trying again");
        isAway = true;
        await pause(RETRY_MS, stopping.signal);
      }
    }
  };
  const begun = againAndAgain(async () => {
    await jobs.begin(stopping.signal);
    return "done";
  });
  const takeJobs = async (kind: JobKind): Promise<void> => {
    await begun; // what is claimed before that would be taken away by it
    await againAndAgain(async () => {
      const job = await jobs.claim([kind], CLAIM_WAIT_SECONDS, stopping.signal);
      if (job !== null) await runOne(job);
      return "more";
    });
  };
  const builds = Array.from({ length: config.concurrency ?? 1 }, () => takeJobs("build"));
  const loops = [...builds, takeJobs("list_refs")];
  return {
    async stop() {
      stopping.abort();
      await Promise.all(loops);
      group?.remove();
    },
  };
};

/** The same for the next runner of this data, so that it finds what a killed one has left. */
const groupName = (dataDir: string): string => `homeport-builds-${Bun.hash(dataDir).toString(16)}`;
