import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { newId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { hostNpmSettings } from "@homeport/kit/test/npm-settings.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { pack } from "tar-stream";
import type { BuildSpec } from "../src/build-spec.ts";
import { type ImageEngine, type RunnerConfig, startRunner } from "../src/index.ts";
import type { ClaimedBuild, ClaimedJob, JobSecrets, JobSource } from "../src/ports.ts";
import { type ListingOutcome, memoryJobs, memoryLog, type Outcome, testJob, testListing } from "./memory-ports.ts";

type Listing = Parameters<typeof testListing>[0];

export type TestRunnerOptions = {
  registry: string;
  images?: ImageEngine;
  config?: Partial<RunnerConfig>;
  /** Changes how jobs are got and reported. */
  source?: (source: JobSource) => JobSource;
};

/** A real runner in a folder of its own, whose jobs and log are in memory. */
export const startTestRunner = async ({ registry, images, config, source = (same) => same }: TestRunnerOptions) => {
  const dataDir = await mkdtemp(join(tmpdir(), "homeport-runner-"));
  const jobs = memoryJobs();
  const memory = memoryLog();
  const start = async () =>
    startRunner(
      {
        dataDir,
        registry,
        allowPrivateHosts: true,
        searchPath: process.env.PATH ?? "",
        buildEnv: await hostNpmSettings(),
        ...config,
      },
      { jobs: source(jobs.source), log: memory.log, images: images ?? null },
    );
  const runner = await start();
  const foldersOf = () => (existsSync(join(dataDir, "runner/jobs")) ? readdirSync(join(dataDir, "runner/jobs")) : []);
  const enqueue = (spec: Partial<BuildSpec>, secrets: Partial<JobSecrets> = {}): ClaimedBuild => {
    const job = testJob(spec);
    const queued = { ...job, jobToken: new Secret("right"), secrets: { ...job.secrets, ...secrets } };
    jobs.queue.push(queued);
    return queued;
  };
  const startListing = (spec: Listing, git: JobSecrets["git"] = null) => {
    const listing = testListing(spec);
    const job = { ...listing, secrets: { ...listing.secrets, git } };
    jobs.queue.push(job);
    return { job, outcome: waitFor(() => jobs.listings.get(job.id), { timeoutMs: 60_000 }) };
  };
  const outcomeOf = (job: ClaimedJob): Promise<Outcome> =>
    waitFor(() => jobs.outcomes.get(job.id), {
      timeoutMs: 110_000,
      message: `no outcome; log:\n${memory.texts().join("\n")}`,
    });
  return {
    ...jobs,
    dataDir,
    runner,
    texts: memory.texts,
    lines: memory.lines,
    foldersOf,
    enqueue,
    outcomeOf,
    /** Builds to the end. */
    build: async (spec: Partial<BuildSpec>, secrets: Partial<JobSecrets> = {}): Promise<Outcome> =>
      outcomeOf(enqueue(spec, secrets)),
    startListing,
    /** Lists refs to the end. */
    listRefs: (spec: Listing, git: JobSecrets["git"] = null): Promise<ListingOutcome> =>
      startListing(spec, git).outcome,
    /** A source for `enqueue` that is an uploaded folder. */
    upload: async (files: Record<string, Content>): Promise<BuildSpec["source"]> => {
      const uploadId = newId();
      jobs.uploads.set(uploadId, await archiveOf(files));
      return { kind: "upload", uploadId };
    },
    async stop() {
      await runner.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

export type TestRunner = Awaited<ReturnType<typeof startTestRunner>>;

/** A file by its text or bytes, or a link. */
type Content = string | Uint8Array | { link: string };

const archiveOf = async (files: Record<string, Content>): Promise<Uint8Array> => {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) {
    if (typeof content === "string" || content instanceof Uint8Array) archive.entry({ name }, Buffer.from(content));
    else archive.entry({ name, type: "symlink", linkname: content.link });
  }
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  return gzipSync(Buffer.concat(chunks));
};
