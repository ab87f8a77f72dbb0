import { release } from "node:os";
import type { ImageRef } from "@homeport/clusters/contract.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { createBell } from "../bell.ts";
import { boundLines } from "../last-lines.ts";
import type { ContainerEngine, EngineReplica } from "../ports.ts";
import { foldersOf, openPlacedFiles } from "./placed-files.ts";
import { findCgroups } from "./process/cgroup.ts";
import { updateHosts } from "./process/hosts.ts";
import { createImageStore } from "./process/image-store.ts";
import { followFiles, tailFiles } from "./process/log-file.ts";
import { openNames } from "./process/names.ts";
import { openSandbox } from "./process/open-sandbox.ts";
import { enginePaths } from "./process/paths.ts";
import { type ReplicaRecord, readRecords, removeReplicaDir, writeRecord } from "./process/record.ts";
import { createReplicaMaker } from "./process/replica-maker.ts";
import { refuseUnplaceable, type SandboxMode } from "./process/sandbox.ts";
import { createSupervisor } from "./process/supervisor.ts";
import { trimLogs } from "./process/trim-logs.ts";

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
};

/** @throws {DomainError} unavailable where workloads cannot be run as processes safely. */
export const openProcessEngine = async (options: ProcessOptions): Promise<ContainerEngine> => {
  if (process.platform !== "linux") {
    throw new DomainError("unavailable", "Services can be run as processes on Linux only. Install Docker instead.");
  }
  const paths = enginePaths(options.dataDir);
  const sandbox = await openSandbox(paths, options.hidden, options.searchPath);
  const cgroups = await findCgroups();
  const images = createImageStore(paths, options.registry);
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

  const maker = createReplicaMaker({ nodeId: options.nodeId, paths, sandbox, images, records, hosts: names.hosts });

  void trimLogs(paths, records, closing.signal);

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

    async start(replica) {
      const known = records.get(replica.id);
      if (known?.state.kind === "running") return toReplica(known);
      refuseUnplaceable(sandbox.mode, foldersOf(replica.files));
      const record = known ?? (await maker.make(replica));
      if (record.state.kind === "exited") record.restarts += 1;
      record.replica = replica;
      await maker.writeLaunchSpec(record);
      await supervisor.start(record, await files.place(replica, { kind: "user", uid: record.uid }));
      return toReplica(record);
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
        await updateHosts(paths.replica(replica.id).hosts, names.hosts(replica.projectId));
    },

    removeUnusedImages(keep: ImageRef[], unusedForMs) {
      const used = [...keep, ...[...records.values()].map(({ replica }) => replica.image)];
      return images.removeUnused(
        new Set(used.flatMap((image) => ("digest" in image ? [image.digest] : []))),
        unusedForMs,
      );
    },

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

const toReplica = (record: ReplicaRecord): EngineReplica => ({
  id: record.replica.id,
  workloadId: record.replica.workloadId,
  restart: record.replica.restart,
  restarts: record.restarts,
  state: toState(record),
});

const toState = ({ state, port }: ReplicaRecord): EngineReplica["state"] => {
  if (state.kind === "created") return { kind: "created" };
  if (state.kind === "running") {
    return { kind: "running", startedAt: state.startedAt, address: { host: "127.0.0.1", port } };
  }
  return { kind: "exited", exit: { code: state.code, oomKilled: state.oomKilled, at: state.at }, restarting: false };
};
