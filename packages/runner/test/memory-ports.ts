import { BuildResult, ListRefsResult } from "@homeport/ci/contract.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { newId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import type { BuildSpec, Reason } from "../src/build-spec.ts";
import type { BuildLog, ClaimedBuild, ClaimedJob, ClaimedListing, JobSource, LogLine } from "../src/ports.ts";

/** A spec of a service in an organisation of its own, unless `changes` says otherwise. */
export const testSpec = (changes: Partial<BuildSpec> = {}): BuildSpec => ({
  organisationId: newId(),
  organisationSlug: "home",
  projectId: newId(),
  projectSlug: "shop",
  serviceId: newId(),
  serviceSlug: "api",
  environmentId: newId(),
  output: "process",
  source: { kind: "git", url: "https://example.com/shop.git" },
  repository: "home/shop/api",
  ...changes,
});

const held = () => ({
  id: newId<ClaimedJob["id"]>(),
  attempt: 1,
  leaseToken: new Secret(crypto.randomUUID()),
  leaseSeconds: 30,
  secrets: { git: null, build: new Map() },
});

export const testJob = (spec: Partial<BuildSpec> = {}): ClaimedBuild => {
  const job = held();
  return {
    ...job,
    kind: "build",
    spec: testSpec(spec),
    jobToken: new Secret(`job-${crypto.randomUUID()}`),
    logStream: `build.${job.id}`,
  };
};

export const testListing = (spec: Omit<ClaimedListing["spec"], "organisationId">): ClaimedListing => ({
  ...held(),
  kind: "list_refs",
  spec: { organisationId: newId(), ...spec },
});

/** A build log that keeps what it is given, each line of a writer once. */
export const memoryLog = () => {
  const lines: LogLine[] = [];
  const nextOf = new Map<string, number>();
  const log: BuildLog = {
    async append(job, { writer, offset, lines: batch }) {
      const key = `${job.logStream}/${writer}`;
      const next = nextOf.get(key) ?? 0;
      if (offset > next) throw new DomainError("conflict", `Expected line ${next}, not ${offset}.`);
      lines.push(...batch.slice(next - offset));
      nextOf.set(key, Math.max(next, offset + batch.length));
    },
  };
  return { log, lines, texts: () => lines.map(({ text }) => text) };
};

type Failed = { state: "failed"; reason: Reason; retry: boolean };
export type Outcome = { state: "succeeded"; result: BuildResult } | Failed;
export type ListingOutcome = { state: "succeeded"; result: ListRefsResult } | Failed;

/** A queue of jobs in memory, with leases that a test can take away. */
export const memoryJobs = () => {
  const queue: ClaimedJob[] = [];
  const outcomes = new Map<string, Outcome>();
  const listings = new Map<string, ListingOutcome>();
  const uploads = new Map<string, Uint8Array>();
  const cancelled = new Set<string>();
  const lost = new Set<string>();
  const beats = new Map<string, number>();
  const mine = (job: ClaimedJob): void => {
    if (lost.has(job.id)) throw new DomainError("conflict", "The lease is lost.");
  };
  const source: JobSource = {
    async begin() {},
    async claim(kinds, _waitSeconds, signal) {
      const next = () => queue.findIndex(({ kind }) => kinds.includes(kind));
      while (next() === -1 && !signal.aborted) await Bun.sleep(2);
      return signal.aborted ? null : (queue.splice(next(), 1)[0] ?? null);
    },
    async heartbeat(job, waitSeconds, signal) {
      mine(job);
      beats.set(job.id, (beats.get(job.id) ?? 0) + 1);
      const until = Date.now() + waitSeconds * 1000;
      while (Date.now() < until && !signal.aborted && !cancelled.has(job.id) && !lost.has(job.id)) await Bun.sleep(2);
      mine(job);
      return { cancel: cancelled.has(job.id) };
    },
    async complete(job, { kind, result }) {
      mine(job);
      const { error } = (kind === "build" ? BuildResult : ListRefsResult).safeParse(result);
      if (error !== undefined) throw new DomainError("invalid", error.message);
      if (kind === "build") outcomes.set(job.id, { state: "succeeded", result });
      else listings.set(job.id, { state: "succeeded", result });
    },
    async fail(job, reason, retry) {
      mine(job);
      (job.kind === "build" ? outcomes : listings).set(job.id, { state: "failed", reason, retry });
    },
    async openUpload(_job, uploadId) {
      const bytes = uploads.get(uploadId);
      if (bytes === undefined) throw new DomainError("not_found", "There is no such upload.");
      return new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
    },
  };
  return { source, queue, outcomes, listings, uploads, cancelled, lost, beats };
};
