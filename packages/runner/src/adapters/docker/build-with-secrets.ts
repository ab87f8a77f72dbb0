import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BuildFailure } from "../../build-failure.ts";
import type { ImageBuild, LineSink } from "../../ports.ts";
import { LineSplitter } from "../../run/line-splitter.ts";
import { killGroup } from "../../run/process-guard.ts";
import { findBuildClient } from "./build-client.ts";
import { explainBuild } from "./explain.ts";
import { openContext } from "./open-context.ts";
import { plainProgress } from "./plain-progress.ts";
import { EngineError } from "./progress.ts";

export type SecretBuildOptions = {
  /** A DOCKER_HOST value; absent for Docker's default socket. */
  dockerHost: string | undefined;
  labels: Readonly<Record<string, string>>;
  buildArgs: Readonly<Record<string, string>>;
  /** What a process of a step may write to. BuildKit takes no limit for a step as a whole. */
  memoryBytes: number;
  /** Where a client is looked for; absent for where systems install it. */
  clientFolders?: readonly string[] | undefined;
};

/**
 * Builds with files that steps mount as secrets (`RUN --mount=type=secret,id=NAME`). Only BuildKit's own protocol can hand
 * them over, and the docker client is who speaks it: it is run with arguments of ours, in an environment of ours, and
 * reads nothing of the machine's but the files named here.
 *
 * @throws {BuildFailure} build_secrets_unsupported, and what a build fails with
 */
export const buildWithSecrets = async (
  build: ImageBuild,
  options: SecretBuildOptions,
  onLine: LineSink,
  signal: AbortSignal,
): Promise<void> => {
  const program = await findBuildClient(signal, options.clientFolders);
  if (program === null) {
    throw new BuildFailure(
      "build_secrets_unsupported",
      "This build has secrets, and its runner has no docker client that can give them to a build. Install docker-buildx (or Debian's docker.io) there, or take the secrets away.",
    );
  }
  const home = await mkdtemp(join(tmpdir(), "homeport-build-"));
  const progress = plainProgress(onLine);
  try {
    const exitCode = await runClient(
      [program, ...argsOf(build, options)],
      envOf(home, options),
      build,
      progress.take,
      signal,
    );
    if (exitCode === 0) return;
    throw new EngineError(progress.lastWords() || `the client ended with exit code ${exitCode}`);
  } catch (err) {
    signal.throwIfAborted();
    throw explainBuild(err, progress.lastStep());
  } finally {
    await rm(home, { recursive: true, force: true });
  }
};

const argsOf = ({ dockerfile, tag, secretFiles = {} }: ImageBuild, options: SecretBuildOptions): string[] => [
  "build",
  "--progress=plain",
  `--file=${dockerfile}`,
  `--tag=${tag}`,
  "--network=default",
  `--ulimit=data=${options.memoryBytes}:${options.memoryBytes}`,
  ...Object.entries(options.labels).map(([name, value]) => `--label=${name}=${value}`),
  ...Object.entries(options.buildArgs).map(([name, value]) => `--build-arg=${name}=${value}`),
  ...Object.entries(secretFiles).map(([id, path]) => `--secret=${csv(`id=${id}`)},${csv(`src=${path}`)}`),
  "-", // the context comes as a tar archive
];

/** A field as the client reads it: a line of comma separated values (RFC 4180). */
const csv = (field: string): string => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

/** Nobody's settings, credentials or plugins but those of the system. */
const envOf = (home: string, { dockerHost }: SecretBuildOptions): Record<string, string> => ({
  PATH: "/usr/local/bin:/usr/bin:/bin",
  HOME: home,
  DOCKER_CONFIG: home,
  DOCKER_BUILDKIT: "1",
  LC_ALL: "C",
  NO_COLOR: "1",
  ...(dockerHost === undefined ? {} : { DOCKER_HOST: dockerHost }),
});

/** Once this returns or throws, the client has ended; the engine cancels a build whose client is gone. */
const runClient = async (
  argv: string[],
  env: Record<string, string>,
  { folder, dockerfile }: ImageBuild,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<number> => {
  const context = await openContext(folder, dockerfile);
  const client = Bun.spawn(argv, { cwd: "/", env, stdio: ["pipe", "ignore", "pipe"], detached: true });
  const stop = () => killGroup(client.pid);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    const [exitCode] = await Promise.all([
      client.exited,
      sendContext(context.stream, client.stdin),
      readLines(client.stderr, onLine),
    ]);
    const isWhole = await context.isWhole();
    if (exitCode === 0 && !isWhole)
      throw new BuildFailure("internal", "The source could not be packed for the container engine.");
    return exitCode;
  } finally {
    signal.removeEventListener("abort", stop);
    if (client.exitCode === null && client.signalCode === null) killGroup(client.pid); // else the number may be anybody's
    await client.exited;
    await context.close();
  }
};

const sendContext = async (context: NodeJS.ReadableStream, stdin: Bun.FileSink): Promise<void> => {
  try {
    for await (const chunk of context) {
      stdin.write(chunk as Uint8Array);
      await stdin.flush();
    }
    await stdin.end();
  } catch {
    // The client has ended before it read everything; why, it says itself.
  }
};

const readLines = async (output: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> => {
  const splitter = new LineSplitter(onLine);
  for await (const chunk of output) splitter.push(chunk);
  splitter.end();
};
