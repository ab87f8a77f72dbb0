import { release } from "node:os";
import { join } from "node:path";
import type { DesiredReplica, ImageRef } from "@homeport/clusters/contract.ts";
import { crashpoint } from "@homeport/kit/crashpoint.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { createBell } from "../bell.ts";
import { DEFAULT_RESERVE, type DiskReserve, diskOf, distinctDisks, refuseWhenFull } from "../disk.ts";
import { replicaNotRunning, volumeInUse } from "../failure.ts";
import { otherWriter } from "../fence.ts";
import { boundLines } from "../last-lines.ts";
import { listenersOf } from "../listeners.ts";
import { logStreamOf } from "../log-stream.ts";
import { networkOf } from "../network.ts";
import type { ContainerEngine, EngineReplica } from "../ports.ts";
import { foldersOf, openPlacedFiles } from "./placed-files.ts";
import { findCgroups } from "./process/cgroup.ts";
import { updateHosts } from "./process/hosts.ts";
import { createImageStore } from "./process/image-store.ts";
import { followFiles, tailFiles } from "./process/log-file.ts";
import { openNames } from "./process/names.ts";
import { openSandbox } from "./process/open-sandbox.ts";
import { enginePaths } from "./process/paths.ts";
import { familyOf } from "./process/proc.ts";
import { type ReplicaRecord, readRecords, removeReplicaDir, writeRecord } from "./process/record.ts";
import { createReplicaMaker } from "./process/replica-maker.ts";
import { innerOf, refuseUnplaceable, refuseVolumes, type SandboxMode, volumeInTheWay } from "./process/sandbox.ts";
import { openShell } from "./process/shell.ts";
import { createSupervisor } from "./process/supervisor.ts";
import { trimLogs } from "./process/trim-logs.ts";
import { createProcessVolumes, makeMountPoint } from "./process/volumes.ts";
import { measureFolder } from "./volume-folder.ts";

export type ProcessOptions = {
  nodeId: string;
  /** The agent's own folder. */
  dataDir: string;
  /** The platform's data folder, which no workload may see; the agent's folder lies in it. */
  hidden: string;
  /** host:port of the platform's registry. */
  registry: string;
  /** PATH on which the machine's node, bun and so on are found. */
  searchPath: string;
  diskReserve?: DiskReserve | undefined;
};

/** @throws {DomainError} unavailable where workloads cannot be run as processes safely. */
export const openProcessEngine = async (options: ProcessOptions): Promise<ContainerEngine> => {
  if (process.platform !== "linux") {
    throw new DomainError("unavailable", "Services can be run as processes on Linux only. Install Docker instead.");
  }
  const paths = enginePaths(options.dataDir);
  const sandbox = await openSandbox(paths, options.hidden, options.searchPath);
  const cgroups = await findCgroups();
  const disks = async () =>
    distinctDisks([await diskOf("data", options.dataDir, options.diskReserve ?? DEFAULT_RESERVE)]);
  const images = createImageStore(paths, options.registry, async () => refuseWhenFull(await disks()));
  const names = await openNames(paths.names);
  const files = await openPlacedFiles("process", { nodeId: options.nodeId, agentDir: options.dataDir });
  const bells = new Set<ReturnType<typeof createBell>>();
  const supervisor = createSupervisor(paths, sandbox, cgroups, () => {
    for (const bell of bells) bell.ring();
  });
  const records = new Map<string, ReplicaRecord>();
  const closing = new AbortController();

  await images.clear();
  for (const record of await readRecords(paths)) {
    if (record.nodeId !== options.nodeId) continue;
    records.set(record.replica.id, record);
    await supervisor.adopt(record);
  }

  await files.removeAllBut([...records.keys()]);

  const placed = createProcessVolumes(join(options.dataDir, "volumes"));
  const { nodeId } = options;
  const maker = createReplicaMaker({ nodeId, paths, sandbox, images, records, volumes: placed, hosts: names.hosts });

  /** Workloads with volumes of which a replica is being started. */
  const starting = new Map<string, string>();

  const startNow = async (replica: DesiredReplica, beforeRun?: () => Promise<void>): Promise<EngineReplica> => {
    refuseUnplaceable(sandbox.mode, foldersOf(replica.files));
    refuseVolumes(sandbox.mode, replica.volumes);
    const record = records.get(replica.id) ?? (await maker.make(replica));
    crashpoint("agent.create.after");
    const again = record.state.kind === "exited";
    record.replica = replica;
    await maker.writeLaunchSpec(record);
    const mounts = [
      ...(await placed.place(replica, record.uid)),
      ...(await files.place(replica, { kind: "user", uid: record.uid })),
    ];
    for (const volume of replica.volumes) {
      const place = innerOf(volume.path);
      if (place === null) continue;
      const root = paths.replica(replica.id)[place.dir];
      if (!(await makeMountPoint(root, place.inner, record.uid))) throw volumeInTheWay(volume);
    }
    await beforeRun?.();
    if (again) record.restarts += 1;
    await supervisor.start(record, mounts);
    return toReplica(record);
  };

  void trimLogs(paths, records, closing.signal);

  const digestsInUse = (): string[] => digestsOf([...records.values()].map(({ replica }) => replica.image));

  return {
    kind: "process",

    info: async () => ({
      kind: "process",
      version: `Linux ${release()}, ${APART[sandbox.mode]}`,
      isolates: false,
      limitsMemory: cgroups !== null,
      resolvesNames: sandbox.mode !== "plain",
    }),

    list: async () => [...records.values()].map(toReplica),

    inspect: async (id) => {
      const record = records.get(id);
      return record === undefined ? null : toReplica(record);
    },

    pull: (image, credentials, signal) => images.pull(image, credentials, signal),

    async start(replica, beforeRun) {
      const known = records.get(replica.id);
      if (known?.state.kind === "running") return toReplica(known);
      const isWriter = replica.kind === "service" && replica.volumes.length > 0;
      const other = otherWriter(replica, [...records.values()].map(toReplica))?.id ?? starting.get(replica.workloadId);
      if (isWriter && other !== undefined) throw volumeInUse(other);
      if (isWriter) starting.set(replica.workloadId, replica.id);
      try {
        return await startNow(replica, beforeRun);
      } finally {
        if (isWriter) starting.delete(replica.workloadId);
      }
    },

    async setRestart(id, restart) {
      const record = records.get(id);
      if (record === undefined || record.replica.restart === restart) return;
      record.replica = { ...record.replica, restart };
      await writeRecord(paths, record);
    },

    async stop(id, graceSeconds) {
      const record = records.get(id);
      if (record !== undefined) await supervisor.stop(record, graceSeconds);
    },

    async remove(id) {
      const record = records.get(id);
      if (record === undefined) return;
      await supervisor.stop(record, 0);
      await cgroups?.remove(id);
      await files.remove(id);
      await removeReplicaDir(paths, id);
      records.delete(id);
    },

    async *logs(id, cursor, signal) {
      const record = records.get(id);
      if (record === undefined) return;
      const isOver = () => record.state.kind !== "running";
      yield* followFiles(paths.replica(id), cursor, () => record.dropped, isOver, signal);
    },

    async lastLines(id, count) {
      const record = records.get(id);
      return record === undefined ? [] : boundLines(await tailFiles(paths.replica(id), record.dropped, count));
    },

    async *watch(signal) {
      const bell = createBell();
      bells.add(bell);
      try {
        while (!signal.aborted) {
          await bell.wait(60_000, signal);
          if (!signal.aborted) yield;
        }
      } finally {
        bells.delete(bell);
      }
    },

    async publishNames(services) {
      if (sandbox.mode === "plain") return;
      await names.publish(services);
      for (const { replica } of records.values())
        await updateHosts(paths.replica(replica.id).hosts, names.hosts(networkOf(replica)));
    },

    volumes: placed.volumes,

    disks,

    async openTerminal(id, terminal) {
      const record = records.get(id);
      if (record === undefined) throw replicaNotRunning();
      return openShell({ paths, sandbox, cgroups }, record, terminal);
    },

    async listeners(id) {
      const state = records.get(id)?.state;
      if (state?.kind !== "running") return [];
      return listenersOf(familyOf((state.init ?? state.main).pid), false);
    },

    async usage(keep, signal) {
      const [ours, pinned] = await images.measure(new Set([...digestsOf(keep), ...digestsInUse()]), signal);
      const folders = await measureFolder(paths.replicas, signal);
      return {
        images: { ours, pinned, foreign: NONE },
        containers: { ours: { count: records.size, bytes: folders.bytes }, foreign: NONE },
        volumes: { ours: await placed.count(signal), foreign: NONE },
        buildCache: null,
      };
    },

    removeUnusedImages: (keep, unusedForMs, isEnough) =>
      images.removeUnused(new Set([...digestsOf(keep), ...digestsInUse()]), unusedForMs, isEnough),

    async close() {
      closing.abort();
      names.close();
      await supervisor.close();
    },
  };
};

/** Shown with the node, because it decides what a workload can read; see references/security.md. */
const APART: Record<SandboxMode, string> = {
  root: "a user for each replica",
  user: "one user for all replicas",
  plain: "no sandbox",
};

const NONE = { count: 0, bytes: 0 };

const digestsOf = (images: ImageRef[]): string[] =>
  images.flatMap((image) => ("digest" in image ? [image.digest] : []));

const toReplica = (record: ReplicaRecord): EngineReplica => ({
  id: record.replica.id,
  workloadId: record.replica.workloadId,
  kind: record.replica.kind,
  epoch: record.replica.epoch,
  volumes: record.replica.volumes.map(({ volumeId }) => volumeId),
  logStream: logStreamOf(record.replica),
  restart: record.replica.restart,
  restarts: record.restarts,
  state: toState(record),
});

const toState = ({ state, port }: ReplicaRecord): EngineReplica["state"] => {
  if (state.kind === "created") return { kind: "created" };
  if (state.kind === "running") {
    return { kind: "running", startedAt: state.startedAt, address: { host: "127.0.0.1", port } };
  }
  const { code, oomKilled, at, startedAt } = state;
  return { kind: "exited", exit: { code, oomKilled, at }, startedAt, restarting: false };
};
