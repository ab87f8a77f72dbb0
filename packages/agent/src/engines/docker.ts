import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type Docker from "dockerode";
import { ReplicaFailure } from "../failure.ts";
import { boundLines } from "../last-lines.ts";
import type { ContainerEngine, EngineReplica } from "../ports.ts";
import { sleep } from "../sleep.ts";
import { call, callUnless, statusOf, textOf } from "./docker/calls.ts";
import { connect } from "./docker/connect.ts";
import { type Addressing, containerName, containerRequest, LABEL, restartPolicy } from "./docker/containers.ts";
import { parseEndpoint } from "./docker/endpoint.ts";
import { watchEvents } from "./docker/events.ts";
import { createImages } from "./docker/images.ts";
import { toReplica } from "./docker/inspect.ts";
import { followLogs, readTail } from "./docker/logs.ts";
import { createNetworks } from "./docker/networks.ts";
import { type FileMount, openPlacedFiles } from "./placed-files.ts";

const TIMEOUT_MS = 30_000;
/** dockerd itself waits up to 10 s after SIGKILL, and a busy disk adds to it. */
const KILL_MARGIN_MS = 60_000;
const INSPECTS_AT_ONCE = 16;

export type DockerOptions = {
  nodeId: string;
  /** The agent's own folder. */
  dataDir: string;
  /** host:port of the platform's registry. */
  registry: string;
  /** A DOCKER_HOST value; absent for Docker's default socket. */
  dockerHost?: string | undefined;
};

/** @throws {DomainError} unavailable when no engine answers. */
export const openDockerEngine = async (options: DockerOptions): Promise<ContainerEngine> => {
  const endpoint = parseEndpoint(options.dockerHost);
  const docker = connect(endpoint);
  const about = await call("info", TIMEOUT_MS, () => docker.info());
  // a container's own address is reachable only where the engine shares the machine's kernel and network
  const shared = process.platform === "linux" && endpoint.kind === "unix" && about.OperatingSystem !== "Docker Desktop";
  const addressing: Addressing = shared ? "container" : "published";
  const images = createImages(docker, endpoint, options.registry, options.dataDir);
  const networks = createNetworks(docker, options.nodeId);
  const files = await openPlacedFiles("docker", { nodeId: options.nodeId, agentDir: options.dataDir });
  await networks.removeUnused();

  const inspectContainer = async (
    nameOrId: string,
  ): Promise<{ containerId: string; replica: EngineReplica } | null> => {
    const answer = await callUnless([404], "inspect", TIMEOUT_MS, () => docker.getContainer(nameOrId).inspect());
    if (answer === null) return null;
    const replica = toReplica(answer, options.nodeId, addressing);
    return replica === null ? null : { containerId: answer.Id, replica };
  };

  const containersWith = async (label: string) => {
    const filters = { label: [`${LABEL.node}=${options.nodeId}`, label] };
    return call("list", TIMEOUT_MS, () => docker.listContainers({ all: true, filters }));
  };

  const containerIds = async (label: string): Promise<string[]> =>
    (await containersWith(label)).map((container) => container.Id);

  const find = async (id: string) => {
    const [containerId] = await containerIds(`${LABEL.replica}=${id}`);
    return containerId === undefined ? null : inspectContainer(containerId);
  };

  /** The id of the container of a replica that has none, as far as `find` can tell. */
  const create = async (replica: DesiredReplica, mounts: FileMount[]): Promise<string> => {
    const imageName = images.imageName(replica.image);
    const context = { nodeId: options.nodeId, imageName, addressing, files: mounts };
    // 409: the name exists, by an earlier try of ours or by somebody else; `find` tells which
    const made = await callUnless([409], "create", TIMEOUT_MS, () =>
      docker.createContainer(containerRequest(replica, context)),
    ).catch((err: unknown) => {
      throw isSourceMissing(err) ? filesOutOfReach(err) : err;
    });
    const containerId = made?.id ?? (await find(replica.id))?.containerId;
    if (containerId === undefined) throw nameTaken(replica);
    return containerId;
  };

  /** A replica without a container is never listed, so nobody would remove the files of one that cannot be made. */
  const createOrLeaveNothing = async (replica: DesiredReplica, mounts: FileMount[]): Promise<string> => {
    try {
      return await create(replica, mounts);
    } catch (err) {
      await files.remove(replica.id);
      throw err;
    }
  };

  const placeFiles = (replica: DesiredReplica): Promise<FileMount[]> => {
    if (replica.files.length > 0 && endpoint.kind !== "unix") throw filesOutOfReach();
    return files.place(replica, { kind: "container" });
  };

  await files.removeAllBut((await containersWith(LABEL.replica)).map(({ Labels }) => Labels[LABEL.replica] ?? ""));

  return {
    kind: "docker",

    async info() {
      const { ServerVersion: version, MemoryLimit: limitsMemory } = await call("info", TIMEOUT_MS, () => docker.info());
      return { kind: "docker", version, isolates: true, limitsMemory: limitsMemory === true, resolvesNames: true };
    },

    async list() {
      const ids = await containerIds(LABEL.replica);
      const replicas: EngineReplica[] = [];
      for (let at = 0; at < ids.length; at += INSPECTS_AT_ONCE) {
        const found = await Promise.all(ids.slice(at, at + INSPECTS_AT_ONCE).map(inspectContainer));
        for (const one of found) if (one !== null) replicas.push(one.replica); // null: removed since the list was made
      }
      return replicas;
    },

    inspect: async (id) => (await find(id))?.replica ?? null,

    pull: (image, credentials, signal) => images.pull(image, credentials, signal),

    start: (replica) =>
      networks.exclusively(replica.projectId, async () => {
        await networks.ensure(replica.projectId);
        const mounts = await placeFiles(replica);
        const containerId = (await find(replica.id))?.containerId ?? (await createOrLeaveNothing(replica, mounts));
        try {
          const container = docker.getContainer(containerId);
          await callUnless([304], "start", TIMEOUT_MS, () => container.start()); // 304: it runs already
        } catch (err) {
          throw startFailure(err);
        }
        const found = await inspectContainer(containerId);
        if (found === null) throw new DomainError("unavailable", "The container vanished while it was started.");
        return found.replica;
      }),

    async setRestart(id, restart) {
      const found = await find(id);
      if (found === null) return;
      const change = { RestartPolicy: restartPolicy(restart) };
      await call("update", TIMEOUT_MS, () => docker.getContainer(found.containerId).update(change));
    },

    async stop(id, graceSeconds) {
      const found = await find(id);
      if (found === null) return;
      const seconds = Math.ceil(graceSeconds);
      const container = docker.getContainer(found.containerId);
      await callUnless([304, 404], "stop", seconds * 1000 + KILL_MARGIN_MS, () => container.stop({ t: seconds }));
    },

    async remove(id) {
      for (const containerId of await containerIds(`${LABEL.replica}=${id}`)) {
        const container = docker.getContainer(containerId);
        const { Config } = (await callUnless([404], "inspect", TIMEOUT_MS, () => container.inspect())) ?? {};
        await callUnless([404, 409], "remove", KILL_MARGIN_MS, () => container.remove({ force: true, v: true }));
        await untilGone(container); // 409: it is being removed already
        const projectId = Config?.Labels?.[LABEL.project];
        if (projectId) await networks.exclusively(projectId, () => networks.removeIfUnused(projectId));
      }
      await files.remove(id);
    },

    async *logs(id, cursor, signal) {
      const found = await find(id);
      if (found === null) return;
      const isRunning = async () => (await inspectContainer(found.containerId))?.replica.state.kind === "running";
      yield* followLogs(endpoint, found.containerId, cursor, isRunning, signal);
    },

    async lastLines(id, count) {
      const found = await find(id);
      if (found === null) return [];
      return boundLines(await readTail(endpoint, found.containerId, count, AbortSignal.timeout(TIMEOUT_MS)));
    },

    watch: (signal) => watchEvents(endpoint, options.nodeId, signal),

    async publishNames() {}, // containers got their aliases when they were made, and Docker resolves them

    removeUnusedImages: (keep, unusedForMs) => images.removeUnused(keep, unusedForMs),

    async close() {},
  };
};

const untilGone = async (container: Docker.Container): Promise<void> => {
  const limit = AbortSignal.timeout(KILL_MARGIN_MS);
  while ((await callUnless([404], "inspect", TIMEOUT_MS, () => container.inspect())) !== null) {
    if (limit.aborted) throw new DomainError("unavailable", "Docker does not finish removing a container.");
    await sleep(100, limit);
  }
};

const nameTaken = (replica: DesiredReplica): ReplicaFailure => {
  const message = `A container named ${containerName(replica)} exists on the node and is not Homeport's.`;
  return new ReplicaFailure({ code: "name_taken", message }, { retryable: false });
};

/** What Docker says of a folder that its own machine does not have. */
const isSourceMissing = (err: unknown): boolean => /bind source path does not exist/.test(textOf(err));

const filesOutOfReach = (cause?: unknown): ReplicaFailure => {
  const message =
    "The Docker engine cannot see the node's files: secret groups can be files only where the agent runs on the engine's machine, outside of a container. Attach them as variables.";
  return new ReplicaFailure({ code: "files_unsupported", message }, { retryable: false, cause });
};

/** The engine says in words only why a process could not be started; these two are the tenant's to mend. */
const startFailure = (err: unknown): unknown => {
  const text = textOf(err);
  if (statusOf(err) === null) return err;
  if (/executable file not found|no such file or directory/i.test(text)) {
    const message = "The start command was not found in the image (exit code 127).";
    return new ReplicaFailure({ code: "crashed", message, exitCode: 127 }, { retryable: false, cause: err });
  }
  if (/permission denied/i.test(text)) {
    const message = "The start command is not executable (exit code 126).";
    return new ReplicaFailure({ code: "crashed", message, exitCode: 126 }, { retryable: false, cause: err });
  }
  const message = `Docker could not start the service: ${text.slice(0, 500)}`;
  return new ReplicaFailure(
    { code: "start_failed", message },
    { retryable: (statusOf(err) ?? 500) >= 500, cause: err },
  );
};
