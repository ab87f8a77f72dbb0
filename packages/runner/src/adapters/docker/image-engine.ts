import { join } from "node:path";
import Docker from "dockerode";
import { BuildFailure } from "../../build-failure.ts";
import { readDockerfileText } from "../../dockerfile/open-dockerfile.ts";
import { log } from "../../log.ts";
import type { BuiltImage, ImageBuild, ImageEngine, LineSink } from "../../ports.ts";
import { type BuildCache, openBuildCache, removeTag } from "./build-cache.ts";
import { buildKitOutput, classicOutput } from "./build-output.ts";
import { buildWithSecrets } from "./build-with-secrets.ts";
import { needsBuildKit } from "./dockerfile-needs.ts";
import { inTime } from "./engine-call.ts";
import { explainBuild, explainPush } from "./explain.ts";
import { type Context, openContext } from "./open-context.ts";
import { followProgress } from "./progress.ts";

export type DockerImageOptions = {
  /** A DOCKER_HOST value; absent for Docker's default socket. */
  dockerHost: string | undefined;
  /** Names the images of this runner, so that it knows its leftovers. */
  runnerId: string;
  /** What a step of a build may use; with BuildKit, what each of its processes may write to. */
  memoryBytes: number;
  /** Where clients for builds with secrets are looked for; absent for where systems install them. */
  clientFolders?: readonly string[];
};

const LABEL = "dev.homeport.runner";

/** What a build's tag looks like; a container engine may hold many others. */
const BUILD_TAG = /:build-[0-9a-f]{12}$/;

/** Images made by a Docker engine. */
export const dockerImages = (options: DockerImageOptions): ImageEngine => {
  const docker = connect(options.dockerHost);
  const cache = openBuildCache(docker, options.runnerId);
  return {
    async build(build, onLine, signal) {
      if (Object.keys(build.secretFiles ?? {}).length === 0) {
        await runBuild(docker, options, cache, build, onLine, signal);
      } else {
        const labels = { [LABEL]: options.runnerId };
        const buildArgs = { ...build.buildArgs, [CACHE_SCOPE]: build.cacheScope };
        await buildWithSecrets(build, { ...options, labels, buildArgs }, onLine, signal);
      }
      return describe(docker, build.tag);
    },

    async push(tag, password, onLine, signal) {
      const serveraddress = tag.slice(0, tag.indexOf("/"));
      const authconfig = { username: "homeport", password: password.reveal(), serveraddress };
      let digest: string | null = null;
      try {
        const stream = await docker.getImage(tag).push({ authconfig, abortSignal: signal });
        await followProgress(stream, signal, ({ aux, status, id }) => {
          if (typeof aux === "object" && aux.Digest !== undefined) digest = aux.Digest;
          if (status !== undefined && id === undefined) onLine("stdout", status);
        });
      } catch (err) {
        signal.throwIfAborted();
        throw explainPush(err);
      }
      if (digest === null)
        throw new BuildFailure("push_failed", "The engine pushed the image and did not say its digest.");
      return { digest };
    },

    async remove(tag) {
      await removeTag(docker, tag);
      await cache.sweep().catch((err: unknown) => log.warn({ err }, "old layers of builds could not be removed"));
    },

    async removeLeftovers() {
      const images = await inTime(docker.listImages({ filters: { label: [`${LABEL}=${options.runnerId}`] } }));
      for (const { RepoTags } of images) {
        for (const tag of RepoTags ?? []) if (BUILD_TAG.test(tag)) await removeTag(docker, tag);
      }
      await cache.sweep(true);
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
 * The classic builder limits the memory and the share of time of each step as a whole, so it builds whatever it can; what
 * only BuildKit understands goes there. Of limits the engine hands BuildKit those of single processes only
 * (moby, builder/builder-next/builder.go).
 */
const runBuild = async (
  docker: Docker,
  options: DockerImageOptions,
  cache: BuildCache,
  build: ImageBuild,
  onLine: LineSink,
  signal: AbortSignal,
) => {
  const modern = needsBuildKit(await readDockerfileText(join(build.folder, build.dockerfile)));
  const output = modern ? buildKitOutput(onLine) : classicOutput(onLine);
  const stages: string[] = [];
  const context: Context = await openContext(build.folder, build.dockerfile);
  try {
    const stream = await docker.buildImage(context.stream, {
      ...limitsOf(options),
      ...(modern ? { version: "2" as const } : {}),
      t: build.tag,
      dockerfile: build.dockerfile,
      buildargs: { ...build.buildArgs, ...(modern ? { [CACHE_SCOPE]: build.cacheScope } : {}) },
      labels: { [LABEL]: options.runnerId },
      networkmode: "default",
      rm: true,
      forcerm: true,
      abortSignal: signal,
    });
    await followProgress(stream, signal, (progress) => {
      output.take(progress);
      if (!modern && typeof progress.aux === "object" && progress.aux.ID !== undefined) stages.push(progress.aux.ID);
    });
    if (!(await context.isWhole()))
      throw new BuildFailure("internal", "The source could not be packed for the container engine.");
  } catch (err) {
    signal.throwIfAborted();
    throw explainBuild(err, output.lastStep());
  } finally {
    await context.close();
    for (const id of stages)
      await cache.keep(id).catch((err: unknown) => log.warn({ err }, "a stage of a build could not be kept"));
  }
};

/** By which BuildKit tells apart cache mounts of the same name (buildkit, frontend/dockerfile/docs/reference.md). */
const CACHE_SCOPE = "BUILDKIT_CACHE_MOUNT_NS";

/** Shares of a container are 1024 unless it says otherwise: when time is short, services get sixteen times as much. */
const CPU_SHARES = 64;

/** The classic builder holds a step to all of them; BuildKit (since Docker 23) its processes to `ulimits`. */
const limitsOf = ({ memoryBytes }: DockerImageOptions) => ({
  memory: memoryBytes,
  memswap: memoryBytes,
  cpushares: CPU_SHARES,
  ulimits: JSON.stringify([{ Name: "data", Soft: memoryBytes, Hard: memoryBytes }]), // docker-modem packs no lists
});

/** Asks for what was built: a progress stream that ended proves nothing. */
const describe = async (docker: Docker, tag: string): Promise<BuiltImage> => {
  const inspected = await inTime(docker.getImage(tag).inspect()).catch((err: unknown) => {
    throw new BuildFailure("engine_unavailable", "The container engine broke off the build.", { cause: err });
  });
  const { Id, Config } = inspected;
  const ports = Object.keys(Config?.ExposedPorts ?? {}).filter((name) => name.endsWith("/tcp"));
  const command = Config?.Cmd;
  return {
    id: Id,
    exposedPorts: ports.map((name) => Number.parseInt(name, 10)),
    command: typeof command === "string" ? [command] : (command ?? []),
  };
};
