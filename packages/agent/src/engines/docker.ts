import { join } from "node:path";
import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import { crashpoint } from "@homeport/kit/crashpoint.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type Docker from "dockerode";
import { DEFAULT_RESERVE, type DiskReserve, diskOf, distinctDisks, refuseWhenFull } from "../disk.ts";
import { replicaNotRunning, volumeInUse } from "../failure.ts";
import { otherWriter } from "../fence.ts";
import { boundLines } from "../last-lines.ts";
import { listenersOf } from "../listeners.ts";
import { networkOf } from "../network.ts";
import type { ContainerEngine, EngineReplica } from "../ports.ts";
import { sleep } from "../sleep.ts";
import { call, callUnless } from "./docker/calls.ts";
import { connect } from "./docker/connect.ts";
import { type Addressing, containerRequest, LABEL, networkIn, restartPolicy } from "./docker/containers.ts";
import { parseEndpoint } from "./docker/endpoint.ts";
import { watchEvents } from "./docker/events.ts";
import { createImages } from "./docker/images.ts";
import { pidOf, toReplica } from "./docker/inspect.ts";
import { followLogs, readTail } from "./docker/logs.ts";
import { createNetworks } from "./docker/networks.ts";
import { openOwnership } from "./docker/ownership.ts";
import { createFailure, filesOutOfReach, isSourceMissing, nameTaken, startFailure } from "./docker/refusals.ts";
import { openShells } from "./docker/shells.ts";
import { readUsage } from "./docker/usage.ts";
import { createDockerVolumes } from "./docker/volumes.ts";
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
  diskReserve?: DiskReserve | undefined;
};

/** @throws {DomainError} unavailable when no engine answers. */
export const openDockerEngine = async (options: DockerOptions): Promise<ContainerEngine> => {
  const endpoint = parseEndpoint(options.dockerHost);
  const docker = connect(endpoint);
  const about = await call("info", TIMEOUT_MS, () => docker.info());
  // a container's own address is reachable only where the engine shares the machine's kernel and network
  const shared = process.platform === "linux" && endpoint.kind === "unix" && about.OperatingSystem !== "Docker Desktop";
  const addressing: Addressing = shared ? "container" : "published";
  const reserve = options.diskReserve ?? DEFAULT_RESERVE;
  const disks = async () =>
    distinctDisks([
      await diskOf("data", options.dataDir, reserve),
      shared ? await diskOf("engine", about.DockerRootDir, reserve) : null,
    ]);
  const { dataDir, nodeId } = options;
  const ownership = await openOwnership(join(dataDir, "docker", "label-key.json"), nodeId);
  const images = createImages(docker, endpoint, options.registry, dataDir, async () => refuseWhenFull(await disks()));
  const placed = createDockerVolumes(docker, endpoint, { nodeId, dataDir, sharesMachine: shared });
  const networks = createNetworks(docker, options.nodeId);
  const files = await openPlacedFiles("docker", { nodeId: options.nodeId, agentDir: options.dataDir });
  const shells = await openShells(docker, join(dataDir, "docker", "shells"));
  await networks.removeUnused();
  await placed.removeHelpers();

  const inspectContainer = async (
    nameOrId: string,
  ): Promise<{ containerId: string; replica: EngineReplica } | null> => {
    const answer = await callUnless([404], "inspect", TIMEOUT_MS, () => docker.getContainer(nameOrId).inspect());
    if (answer === null) return null;
    const replica = toReplica(answer, ownership.isOurs, addressing);
    return replica === null ? null : { containerId: answer.Id, replica };
  };

  const containersWith = async (label: string) => {
    const filters = { label: [`${LABEL.node}=${options.nodeId}`, label] };
    return call("list", TIMEOUT_MS, () => docker.listContainers({ all: true, filters }));
  };

  const containerIds = async (label: string): Promise<string[]> =>
    (await containersWith(label)).map((container) => container.Id);

  /** Those of them that are ours. */
  const replicasWith = async (label: string) =>
    (await Promise.all((await containerIds(label)).map(inspectContainer))).filter((one) => one !== null);

  const find = async (id: string) => (await replicasWith(`${LABEL.replica}=${id}`))[0] ?? null;

  /** The id of the container of a replica that has none, as far as `find` can tell. */
  const create = async (replica: DesiredReplica, mounts: FileMount[]): Promise<string> => {
    const imageName = images.imageName(replica.image);
    const context = { nodeId, imageName, addressing, files: mounts, prove: ownership.prove };
    // 409: the name exists, by an earlier try of ours or by somebody else; `find` tells which
    const made = await callUnless([409], "create", TIMEOUT_MS, () =>
      docker.createContainer(containerRequest(replica, context)),
    ).catch((err: unknown) => {
      throw isSourceMissing(err) ? filesOutOfReach(err) : createFailure(err);
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

  /** Inside of the project's turn, so that no two of them are started at once. */
  const refuseSecondWriter = async (replica: DesiredReplica): Promise<void> => {
    if (replica.kind === "run" || replica.volumes.length === 0) return;
    const found = await replicasWith(`${LABEL.workload}=${replica.workloadId}`);
    const other = otherWriter(
      replica,
      found.map((one) => one.replica),
    );
    if (other !== null) throw volumeInUse(other.id);
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

    start: (replica, beforeRun) =>
      networks.exclusively(networkOf(replica), async () => {
        await refuseSecondWriter(replica);
        await networks.ensure(networkOf(replica));
        const mounts = await placeFiles(replica);
        await placed.ensure(replica, images.imageName(replica.image));
        const containerId = (await find(replica.id))?.containerId ?? (await createOrLeaveNothing(replica, mounts));
        crashpoint("agent.create.after");
        await beforeRun?.();
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
      const change = { RestartPolicy: restartPolicy(found.replica.kind === "run" ? "never" : restart) };
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
      for (const { containerId } of await replicasWith(`${LABEL.replica}=${id}`)) {
        const container = docker.getContainer(containerId);
        const { Config } = (await callUnless([404], "inspect", TIMEOUT_MS, () => container.inspect())) ?? {};
        await callUnless([404, 409], "remove", KILL_MARGIN_MS, () => container.remove({ force: true, v: true }));
        await untilGone(container); // 409: it is being removed already
        const networkId = networkIn(Config?.Labels);
        if (networkId !== null) await networks.exclusively(networkId, () => networks.removeIfUnused(networkId));
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

    volumes: placed.volumes,

    disks,

    async openTerminal(id, terminal) {
      const found = await find(id);
      if (found?.replica.state.kind !== "running") throw replicaNotRunning();
      return shells.open(found.containerId, terminal);
    },

    async listeners(id) {
      const containerId = shared ? (await find(id))?.containerId : undefined;
      if (containerId === undefined) return [];
      const answer = await callUnless([404], "inspect", TIMEOUT_MS, () => docker.getContainer(containerId).inspect());
      const pid = answer === null ? null : pidOf(answer);
      return pid === null ? [] : listenersOf([pid], true);
    },

    usage: async (keep, signal) =>
      readUsage(endpoint, { nodeId, pulled: await images.pulled(), keep: keep.map(images.imageName) }, signal),

    removeUnusedImages: (keep, unusedForMs, isEnough) => images.removeUnused(keep, unusedForMs, isEnough),

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
