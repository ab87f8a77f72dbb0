import { writeFile } from "node:fs/promises";
import { DomainError } from "@homeport/kit/errors.ts";
import { log } from "../../log.ts";
import { sleep } from "../../sleep.ts";
import type { FileMount } from "../placed-files.ts";
import type { Cgroups } from "./cgroup.ts";
import { type Launched, launch, MARK, type Pids, readStatus } from "./launch.ts";
import type { EnginePaths } from "./paths.ts";
import { bootId, findMembers, isAlive, signalProcess } from "./proc.ts";
import { type ReplicaRecord, writeRecord } from "./record.ts";
import type { Sandbox } from "./sandbox.ts";

/** How often a process that is not our child is looked at: the kernel tells only parents of an end. */
const LOOK_EVERY_MS = 300;
/** proc(5), oom_score_adj: from -1000 (never) to 1000 (first). */
export const OOM_SCORE = "300";
const DIE_TIMEOUT_MS = 15_000;
/** bwrap writes down the exit code after the last process inside has died; it gets this long for it. */
const EPILOGUE_MS = 2_000;

/**
 * Starts the process of a replica, watches it to its end and clears up after it. After a restart of the agent it takes
 * over what still runs. `changed` is called after every change of a record's state.
 */
export const createSupervisor = (
  paths: EnginePaths,
  sandbox: Sandbox,
  cgroups: Cgroups | null,
  changed: () => void,
) => {
  const endings = new Map<string, Promise<void>>();
  const finishing = new Set<Promise<void>>();
  const closing = new AbortController();

  const save = async (record: ReplicaRecord, state: ReplicaRecord["state"]): Promise<void> => {
    record.state = state;
    await writeRecord(paths, record);
    changed();
  };

  const finish = async (
    record: ReplicaRecord,
    pids: Pids,
    code: number | null,
    session: number | null,
  ): Promise<void> => {
    const work = recordEnd(record, pids, code, session);
    finishing.add(work);
    await work.finally(() => finishing.delete(work));
  };

  /** The replica is over once its outermost process is; everything it left behind goes with it. */
  const recordEnd = async (record: ReplicaRecord, pids: Pids, code: number | null, session: number | null) => {
    const { id } = record.replica;
    await killAll(id, pids, session);
    const exitCode = pids.init === null ? code : ((await readStatus(paths.replica(id).status)).exitCode ?? code);
    const oomKilled = (await cgroups?.wasOomKilled(id)) ?? false;
    await cgroups?.remove(id);
    const startedAt = record.state.kind === "running" ? record.state.startedAt : null;
    await save(record, { kind: "exited", code: exitCode, oomKilled, at: new Date(), startedAt });
  };

  const follow = (record: ReplicaRecord, pids: Pids, end: Promise<number | null>): void => {
    const { id } = record.replica;
    const ending = end
      // while we close, it is left to the next agent
      .then((code) => (closing.signal.aborted ? undefined : finish(record, pids, code, pids.main.pid)))
      .catch((err: unknown) => log.error({ err, replicaId: id }, "the end of a replica could not be recorded"))
      .finally(() => endings.delete(id));
    endings.set(id, ending);
  };

  const waitUntilGone = async (pids: Pids): Promise<null> => {
    while (isAlive(pids.outer) && !closing.signal.aborted) await sleep(LOOK_EVERY_MS, closing.signal);
    return null;
  };

  const admit = async (id: string, { pids }: Launched, record: ReplicaRecord): Promise<void> => {
    // when the machine runs out of memory, a workload goes before the platform does; inherited by its children
    await writeFile(`/proc/${pids.main.pid}/oom_score_adj`, OOM_SCORE).catch(() => {});
    if (cgroups === null) return;
    await cgroups.remove(id); // its counters are those of the last run
    await cgroups.create(id, record.replica.resources);
    // bubblewrap too: left in the group of the platform's service, it would be ended together with the platform
    for (const process of [pids.outer, pids.init, pids.main]) if (process !== null) await cgroups.join(id, process.pid);
  };

  return {
    /** Starts the process; the record says so before anything of the tenant's runs. */
    async start(record: ReplicaRecord, files: readonly FileMount[] = []): Promise<void> {
      const { id } = record.replica;
      const launched = await launch(sandbox, paths.replica(id), record.uid, files);
      const { pids } = launched;
      try {
        await admit(id, launched, record);
        record.bootId = bootId();
        await save(record, { kind: "running", startedAt: new Date(), ...pids });
      } catch (err) {
        launched.abandon();
        await killAll(id, pids, pids.main.pid);
        throw err;
      }
      launched.open();
      follow(record, pids, launched.ended);
    },

    /** Takes over a replica that an earlier agent started: goes on watching it, or records that it ended. */
    async adopt(record: ReplicaRecord): Promise<void> {
      if (record.state.kind !== "running") return;
      const pids = record.state;
      if (record.bootId !== bootId()) {
        await cgroups?.remove(record.replica.id);
        await save(record, { kind: "exited", code: null, oomKilled: false, at: new Date(), startedAt: pids.startedAt });
      } else if (isAlive(pids.outer)) follow(record, pids, waitUntilGone(pids));
      else await finish(record, pids, null, null);
    },

    async stop(record: ReplicaRecord, graceSeconds: number): Promise<void> {
      const ending = endings.get(record.replica.id);
      if (record.state.kind !== "running") return ending;
      const pids = record.state;
      if (graceSeconds > 0) {
        const over = new AbortController();
        signalProcess(pids.main, "SIGTERM");
        await Promise.race([ending, sleep(graceSeconds * 1000, AbortSignal.any([over.signal, closing.signal]))]);
        over.abort();
        if (closing.signal.aborted) return;
      }
      if (isAlive(pids.outer)) await killAll(record.replica.id, pids, pids.main.pid);
      await ending;
    },

    /** Stops watching; the processes go on. Waits for ends that are being recorded right now. */
    async close(): Promise<void> {
      closing.abort();
      await Promise.all(finishing);
    },
  };
};

export type Supervisor = ReturnType<typeof createSupervisor>;

/**
 * Kills every process of a replica and waits until none is left. `session` is null when nobody saw the start command end:
 * by now its number may lead the session of somebody else.
 */
const killAll = async (id: string, pids: Pids, session: number | null): Promise<void> => {
  const limit = AbortSignal.timeout(DIE_TIMEOUT_MS);
  const epilogue = AbortSignal.timeout(EPILOGUE_MS);
  const left = () =>
    pids.init === null
      ? findMembers(session, `${MARK}=${id}`) // the start command leads a session of its own
      : [pids.init, pids.main, pids.outer].filter(isAlive);
  for (let alive = left(); alive.length > 0; alive = left()) {
    if (limit.aborted) throw new DomainError("internal", "A process of the service does not die.");
    if (pids.init === null) for (const process of alive) signalProcess(process, "SIGKILL");
    else signalProcess(pids.init, "SIGKILL"); // and the kernel kills everything else in the namespace
    if (epilogue.aborted) signalProcess(pids.outer, "SIGKILL");
    await sleep(10, limit);
  }
};
