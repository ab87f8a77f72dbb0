import type { JobId } from "@homeport/kit/ids.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import type { BuildResult, BuildSpec, JobKind, ListRefsResult, ListRefsSpec, Reason } from "./build-spec.ts";

/** What the server of a repository wants to see. It is for the source's address, and for no other server. */
export type GitCredential =
  | { kind: "ssh"; privateKey: Secret; knownHosts: string | null }
  | { kind: "token"; username: string | null; token: Secret };

/** What a job may need and nobody may see: no log, no image, no argument of a program. */
export type JobSecrets = { git: GitCredential | null; build: ReadonlyMap<string, Secret> };

type Held = {
  id: JobId;
  /** How many runners have had it, us included. */
  attempt: number;
  leaseToken: Secret;
  leaseSeconds: number;
  secrets: JobSecrets;
};

/** A build that is ours for as long as its lease is renewed. */
export type ClaimedBuild = Held & {
  kind: "build";
  spec: BuildSpec;
  /** Pushes the image, writes the log, reads the upload of this job and of no other. */
  jobToken: Secret;
  /** Id of its log stream. */
  logStream: string;
};

/** A question for the branches and tags of a repository; it has no log. */
export type ClaimedListing = Held & { kind: "list_refs"; spec: ListRefsSpec };

export type ClaimedJob = ClaimedBuild | ClaimedListing;

export type JobResult = { kind: "build"; result: BuildResult } | { kind: "list_refs"; result: ListRefsResult };

/**
 * Where jobs come from and where their outcome goes. `begin` comes first, once; then `claim`; then heartbeats run concurrently with
 * everything else about the job; `complete` or `fail` comes last, once, and may be repeated after an error.
 *
 * Every call about a job throws DomainError `conflict`, `gone` or `not_found` when the lease is lost (somebody else may
 * have the job: stop working on it) and `unavailable` when it should be tried again.
 */
export type JobSource = {
  /** Says that this runner was started anew: what it held before goes to the next who asks. */
  begin(signal: AbortSignal): Promise<void>;
  /** Waits up to `waitSeconds` for a job of one of these kinds. Null when there was none. Several may wait at once. */
  claim(kinds: readonly JobKind[], waitSeconds: number, signal: AbortSignal): Promise<ClaimedJob | null>;
  /** Renews the lease, then waits up to `waitSeconds` for a cancel. */
  heartbeat(job: ClaimedJob, waitSeconds: number, signal: AbortSignal): Promise<{ cancel: boolean }>;
  /** The result is of the job's own kind. */
  complete(job: ClaimedJob, result: JobResult, signal: AbortSignal): Promise<void>;
  /** `retry`: the build is not to blame, another runner should try. */
  fail(job: ClaimedJob, reason: Reason, retry: boolean, signal: AbortSignal): Promise<void>;
  /** The uploaded archive, as it was sent. @throws {DomainError} not_found, when it is gone */
  openUpload(job: ClaimedBuild, uploadId: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
};

/** `system` lines are the runner's own; the others come from the commands of the build. */
export type LogLine = { at: Date; stream: "system" | "stdout" | "stderr"; text: string };

/** Lines of one writer. `offset` counts the lines it sent before, from 0. */
export type LogBatch = { writer: string; offset: number; lines: readonly LogLine[] };

/**
 * Where build logs go. Batches of one job come one after the other. A batch may come twice (its answer was lost): lines
 * that were stored before must not be stored again. Nothing comes after its outcome was told.
 *
 * @throws {DomainError} unavailable, to be tried again; anything else means that the log takes no more
 */
export type BuildLog = {
  append(job: ClaimedBuild, batch: LogBatch, signal: AbortSignal): Promise<void>;
};

/** A folder to build with a container engine. */
export type ImageBuild = {
  /** The build context: a folder of this machine. What its .dockerignore names stays out. */
  folder: string;
  /** Path of the Dockerfile inside the folder. */
  dockerfile: string;
  /** What the image is called on the engine and in the registry: `host:port/repository:tag`. */
  tag: string;
  buildArgs: Readonly<Record<string, string>>;
  /** Builds of the same scope share what their steps keep in cache mounts; others never see it. */
  cacheScope: string;
  /**
   * Files of this machine, by the id under which steps mount them (`RUN --mount=type=secret,id=…`). They are in no layer,
   * no argument and no history of the image. With any, an engine that cannot mount them refuses the build.
   */
  secretFiles?: Readonly<Record<string, string>>;
};

export type BuiltImage = { id: string; exposedPorts: readonly number[]; command: readonly string[] };

export type LineSink = (stream: LogLine["stream"], text: string) => void;

/**
 * A container engine that makes images. `build`, `push` and `remove` of different tags may run concurrently; `remove`
 * and `removeLeftovers` may be repeated. All but these two throw BuildFailure with words for people, and end soon after
 * `signal` aborts, leaving nothing running.
 */
export type ImageEngine = {
  build(build: ImageBuild, onLine: LineSink, signal: AbortSignal): Promise<BuiltImage>;
  /** Pushes a built tag; the digest is what the engine says the registry now has. */
  push(tag: string, password: Secret, onLine: LineSink, signal: AbortSignal): Promise<{ digest: string }>;
  /** Takes the tag, and the image if nothing else uses it, off the engine. */
  remove(tag: string): Promise<void>;
  /** Takes back images that a runner of the same id left behind when it was killed, and old build cache. */
  removeLeftovers(): Promise<void>;
};
