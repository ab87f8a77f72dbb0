import type { OverdueJob } from "@homeport/ci/job.ts";
import type { DeploymentId, JobId } from "@homeport/kit/ids.ts";
import { poke } from "./deployments-store.ts";
import { call } from "./network.ts";
import { createProcess, type Process } from "./process.ts";
import { later, newIdOf, note, type World } from "./world.ts";

/**
 * The ci app's jobs, by key (`jobs.create` with a known key is the first job), and runners that work on them. A lease is
 * what a result counts under: ci/test/leases.test.ts, "a dead runner's job goes to another one; what the dead one says later is refused".
 */
export type JobRow = {
  id: JobId;
  key: DeploymentId;
  state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  fate: "good" | "fails" | "slow";
  attempt: number;
  cancelRequested: boolean;
  leaseToken: number | null;
  leaseUntil: number;
  deadlineAt: number;
  reason: string | null;
};

export type CiDb = { jobs: Map<DeploymentId, JobRow>; tokens: number; process: Process; waiting: Set<() => void> };

export const emptyCi = (): CiDb => ({
  jobs: new Map(),
  tokens: 0,
  process: createProcess("ci", "ci"),
  waiting: new Set(),
});

const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
const REAP_MS = 4_000;
const MAX_ATTEMPTS = 3;
const TIMEOUT_SECONDS = 25;

const isOver = ({ state }: JobRow): boolean => state === "succeeded" || state === "failed" || state === "cancelled";

/** `jobs.create`. */
export const createJob = ({ ci }: World, key: DeploymentId, id: JobId, fate: JobRow["fate"]): JobRow => {
  const known = ci.jobs.get(key);
  if (known !== undefined) return known;
  const job: JobRow = {
    id,
    key,
    state: "queued",
    fate,
    attempt: 0,
    cancelRequested: false,
    leaseToken: null,
    leaseUntil: 0,
    deadlineAt: 0,
    reason: null,
  };
  ci.jobs.set(key, job);
  for (const look of ci.waiting) look();
  return job;
};

/** `requestCancel` of ci: ends a job that no runner has, or asks the runner that has it to stop. */
export const cancelJob = (world: World, key: DeploymentId): void => {
  const job = world.ci.jobs.get(key);
  if (job === undefined || isOver(job) || job.cancelRequested) return;
  job.cancelRequested = true;
  if (job.state !== "running") endJob(world, job, "cancelled", null);
};

const endJob = (
  world: World,
  job: JobRow,
  state: "succeeded" | "failed" | "cancelled",
  reason: string | null,
): void => {
  Object.assign(job, { state, reason, leaseUntil: 0 });
  poke(world, { jobId: job.id });
};

/** `reapJobs`. */
export const keepReaping = (world: World): void => {
  later(world, world.ci.process, REAP_MS, () => {
    for (const job of world.ci.jobs.values()) {
      if (job.state !== "running" || (job.leaseUntil > world.now && job.deadlineAt > world.now)) continue;
      const overdue: OverdueJob = {
        id: job.id,
        kind: "build",
        attempt: job.attempt,
        maxAttempts: MAX_ATTEMPTS,
        timeoutSeconds: TIMEOUT_SECONDS,
        cancelRequested: job.cancelRequested,
        timedOut: job.deadlineAt <= world.now,
      };
      const verdict = world.rules.judgeOverdue(overdue);
      note(world, `ci takes ${job.id} from its runner: ${verdict.state}`);
      job.leaseToken = null;
      if (verdict.state === "queued") {
        job.state = "queued";
        for (const look of world.ci.waiting) look();
      } else endJob(world, job, verdict.state, verdict.state === "failed" ? verdict.reason.code : null);
    }
    keepReaping(world);
  });
};

export const addRunner = (world: World, name: string): void => {
  const process = createProcess(name, "runner");
  process.begin = () => ask(world, process);
  world.processes.push(process);
  process.begin();
};

const ASK_TIMEOUT_MS = 5_000;
/** `claim` waits for a job. */
const WAIT_MS = 15_000;

/** Asks for work until there is some, does it, and asks again. */
const ask = (world: World, process: Process): void => {
  const { ci, random } = world;
  call<{ job: JobRow; token: number } | null>(
    world,
    process,
    () => ci.process,
    (reply) => {
      const giveUpAt = world.now + WAIT_MS;
      const look = (): void => {
        if (!ci.waiting.has(look)) return;
        if (world.now < giveUpAt && ![...ci.jobs.values()].some(({ state }) => state === "queued")) return;
        ci.waiting.delete(look);
        reply({ is: "answer", value: take() });
      };
      ci.waiting.add(look);
      look();
      later(world, ci.process, WAIT_MS, look);
    },
    (answer) => {
      const taken = answer.is === "answer" ? answer.value : null;
      if (taken === null) return later(world, process, random.int(10, 500), () => ask(world, process));
      work(world, process, taken.job, taken.token);
    },
    WAIT_MS + ASK_TIMEOUT_MS,
  );
  function take(): { job: JobRow; token: number } | null {
    const job = [...ci.jobs.values()].find(({ state }) => state === "queued");
    if (job === undefined) return null;
    const token = ++ci.tokens;
    job.state = "running";
    job.attempt += 1;
    job.leaseToken = token;
    job.leaseUntil = world.now + LEASE_MS;
    job.deadlineAt = world.now + TIMEOUT_SECONDS * 1000;
    return { job, token };
  }
};

const work = (world: World, process: Process, job: JobRow, token: number): void => {
  const { random } = world;
  let isDone = false;
  const done = (): void => {
    if (isDone) return;
    isDone = true;
    ask(world, process);
  };
  const renew = (): void => {
    if (isDone) return;
    call<boolean>(
      world,
      process,
      () => world.ci.process,
      (reply) => {
        if (job.leaseToken !== token || job.state !== "running") return reply({ is: "refused", code: "conflict" });
        job.leaseUntil = world.now + LEASE_MS;
        reply({ is: "answer", value: job.cancelRequested });
      },
      (answer) => {
        if (answer.is === "refused") return done();
        if (answer.is === "answer" && answer.value) return report(false);
      },
      ASK_TIMEOUT_MS,
    );
    later(world, process, RENEW_MS, renew);
  };
  const report = (succeeded: boolean): void => {
    if (isDone) return;
    call<null>(
      world,
      process,
      () => world.ci.process,
      (reply) => {
        if (job.leaseToken === token && job.state === "running") {
          if (job.cancelRequested) endJob(world, job, "cancelled", null);
          else endJob(world, job, succeeded ? "succeeded" : "failed", succeeded ? null : "build_failed");
        }
        reply({ is: "answer", value: null });
      },
      (answer) => {
        if (answer.is === "unavailable" && !isDone) return later(world, process, 500, () => report(succeeded));
        done();
      },
      ASK_TIMEOUT_MS,
    );
  };
  renew();
  const tookMs = job.fate === "slow" ? random.int(15_000, 40_000) : random.int(50, 3_000);
  later(world, process, tookMs, () => report(job.fate !== "fails"));
};

export const newJobId = (world: World): JobId => newIdOf<JobId>(world, "j");
