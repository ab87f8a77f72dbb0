import Docker from "dockerode";
import { BuildFailure } from "../../build-failure.ts";
import { log } from "../../log.ts";
import type { BuiltImage, ImageBuild, ImageEngine, LineSink } from "../../ports.ts";
import { explainBuild, explainPush } from "./explain.ts";
import { openContext } from "./open-context.ts";
import { followProgress, type Progress } from "./progress.ts";

export type DockerImageOptions = {
  /** A DOCKER_HOST value; absent for Docker's default socket. */
  dockerHost: string | undefined;
  /** Names the images of this runner, so that it knows its leftovers. */
  runnerId: string;
  /** What one build may use. */
  memoryBytes: number;
};

const LABEL = "dev.homeport.runner";
const CALL_MS = 30_000;

/** Images made by a Docker engine. */
export const dockerImages = (options: DockerImageOptions): ImageEngine => {
  const docker = connect(options.dockerHost);
  return {
    async build(build, onLine, signal) {
      const lines: string[] = [];
      const show: LineSink = (stream, text) => {
        lines.push(text);
        if (lines.length > 50) lines.shift();
        onLine(stream, text);
      };
      try {
        await runBuild(docker, options, build, show, signal);
        return await describe(docker, build.tag);
      } catch (err) {
        signal.throwIfAborted();
        throw explainBuild(err, lines);
      }
    },

    async push(tag, password, onLine, signal) {
      const serveraddress = tag.slice(0, tag.indexOf("/"));
      const authconfig = { username: "homeport", password: password.reveal(), serveraddress };
      let digest: string | null = null;
      try {
        const stream = await docker.getImage(tag).push({ authconfig, abortSignal: signal });
        await followProgress(stream, signal, ({ aux, status, id }) => {
          if (aux?.Digest !== undefined) digest = aux.Digest;
          if (status !== undefined && id === undefined) onLine("stdout", status);
        });
      } catch (err) {
        signal.throwIfAborted();
        throw explainPush(err);
      }
      if (digest === null) throw new BuildFailure("push_failed", "The engine pushed the image and did not say its digest.");
      return { digest };
    },

    async remove(tag) {
      await timed(docker.getImage(tag).remove({ noprune: true })).catch((err: unknown) => {
        if (statusOf(err) !== 404) log.warn({ err }, "a built image could not be taken off the engine");
      });
    },

    async removeLeftovers() {
      const filters = { label: [`${LABEL}=${options.runnerId}`] };
      const images = await timed(docker.listImages({ filters }));
      for (const { RepoTags } of images) {
        for (const tag of RepoTags ?? []) if (/:build-[0-9a-f]{12}$/.test(tag)) await this.remove(tag);
      }
    },
  };
};

const connect = (host: string | undefined): Docker => {
  if (host === undefined) return new Docker({ socketPath: "/var/run/docker.sock" });
  if (host.startsWith("unix://")) return new Docker({ socketPath: host.slice("unix://".length) });
  const url = new URL(host.replace(/^tcp:/, "http:"));
  return new Docker({ host: url.hostname, port: url.port === "" ? 2375 : Number(url.port), protocol: "http" });
};

/**
 * The classic builder: it streams, reports a failing step as an object, ends on abort, and needs nothing beside the
 * engine. (BuildKit through dockerode reads files of node_modules at run time and cannot take secrets.)
 */
const runBuild = async (docker: Docker, options: DockerImageOptions, build: ImageBuild, show: LineSink, signal: AbortSignal) => {
  const context = await openContext(build.folder, build.dockerfile, signal);
  const stream = await docker.buildImage(context, {
    t: build.tag,
    dockerfile: build.dockerfile,
    buildargs: { ...build.buildArgs },
    labels: { [LABEL]: options.runnerId },
    memory: options.memoryBytes,
    memswap: options.memoryBytes,
    networkmode: "default",
    rm: true,
    forcerm: true,
    abortSignal: signal,
  });
  await followProgress(stream, signal, (progress: Progress) => {
    const text = progress.stream ?? progress.status;
    for (const line of (text ?? "").split(/\r?\n/)) if (line.trim() !== "") show("stdout", line);
  });
};

const describe = async (docker: Docker, tag: string): Promise<BuiltImage> => {
  const { Id, Config } = await timed(docker.getImage(tag).inspect());
  const exposedPorts = Object.keys(Config?.ExposedPorts ?? {}).flatMap((name) => (name.endsWith("/tcp") ? [Number.parseInt(name, 10)] : []));
  return { id: Id, exposedPorts, command: toArgv(Config?.Cmd) };
};

const toArgv = (command: string | string[] | undefined): string[] => (typeof command === "string" ? [command] : (command ?? []));

/** Calls that are no streams have no way to end when the engine dies (dockerode), so a timer ends the wait. */
const timed = async <T>(call: Promise<T>): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new BuildFailure("engine_unavailable", "The container engine does not answer.")), CALL_MS);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
};

export const statusOf = (err: unknown): number | null =>
  typeof err === "object" && err !== null && "statusCode" in err && typeof err.statusCode === "number" ? err.statusCode : null;
