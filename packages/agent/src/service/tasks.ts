import type { Reason, Task, TaskReport, TaskResult } from "@homeport/clusters/contract.ts";
import { crashpoint } from "@homeport/kit/crashpoint.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { ReplicaFailure } from "../failure.ts";
import { log } from "../log.ts";
import { sleep } from "../sleep.ts";
import { TaskFailure } from "../task-failure.ts";
import type { TaskFiles } from "./task-files.ts";

/** More at once would only fight over the disk. */
const MAX_AT_ONCE = 2;
/** A task during which the agent dies again and again may be what kills it. */
const MAX_TRIES = 3;
const STOP_MS = 5_000;
/** Of answers in one report, in characters of JSON: a request may have a megabyte. The others wait for their turn. */
const MAX_ANSWERS_CHARS = 500_000;

type Entry = { task: Task; tries: number; report: TaskReport | null };
type Work = { stop: AbortController; done: Promise<void> };

/**
 * Carries out each task once for its id: what has an answer is never begun again while the control plane tells of it, also
 * not by the next agent. One that an agent's end interrupted is done again from its start, at most three times, which every
 * task bears.
 */
export const createTasks = (
  files: TaskFiles,
  known: readonly Entry[],
  hooks: { carryOut(task: Task, signal: AbortSignal): Promise<TaskResult>; changed(): void },
) => {
  const entries = new Map(known.map((entry) => [entry.task.id, entry]));
  const works = new Map<string, Work>();
  let queue: Task[] = [];

  const settle = async (entry: Entry, report: TaskReport): Promise<void> => {
    await files.save({ ...entry, report });
    entry.report = report;
    hooks.changed();
  };

  const attempt = async (task: Task, stop: AbortSignal): Promise<void> => {
    const { id, timeoutSeconds } = task;
    const entry: Entry = { task, tries: (entries.get(id)?.tries ?? 0) + 1, report: null };
    entries.set(id, entry);
    if (entry.tries > MAX_TRIES) return await settle(entry, { id, state: "failed", reason: INTERRUPTED });
    await files.save(entry);
    crashpoint("agent.task.begin");
    const late = AbortSignal.timeout(timeoutSeconds * 1000);
    const limit = AbortSignal.any([stop, late]);
    try {
      const result = await hooks.carryOut(task, limit);
      crashpoint("agent.task.done");
      await settle(entry, { id, state: "succeeded", result });
      log.info({ taskId: id, kind: task.spec.kind }, "task done");
    } catch (err) {
      if (stop.aborted) return; // the agent ends, or nobody asks any more
      const reason = late.aborted ? timedOut(timeoutSeconds) : reasonOf(err);
      log.warn({ err, taskId: id, kind: task.spec.kind }, "task failed");
      await settle(entry, { id, state: "failed", reason });
    }
  };

  const begin = (task: Task): void => {
    const stop = new AbortController();
    const work: Work = { stop, done: Promise.resolve() };
    works.set(task.id, work);
    work.done = attempt(task, stop.signal)
      .catch((err: unknown) => {
        log.error({ err, taskId: task.id }, "a task could not be written down; it is begun again later");
      })
      .finally(() => {
        works.delete(task.id);
        hooks.changed();
        next();
      });
  };

  /** The first ones that have nothing to do with what is going on. */
  const next = (): void => {
    for (const task of [...queue]) {
      if (works.size >= MAX_AT_ONCE) return;
      const busy = new Set([...works.keys()].flatMap((id) => thingsOf(entries.get(id)?.task ?? task)));
      if (thingsOf(task).some((thing) => busy.has(thing))) continue;
      queue = queue.filter((other) => other !== task);
      entries.set(task.id, { task, tries: entries.get(task.id)?.tries ?? 0, report: null });
      begin(task);
    }
  };

  return {
    /** Begins what is told and not known, and forgets what is told no more. */
    sync(told: readonly Task[]): void {
      const ids = new Set(told.map(({ id }) => id));
      for (const [id, work] of works) if (!ids.has(id)) work.stop.abort();
      for (const id of entries.keys()) {
        if (ids.has(id) || works.has(id)) continue;
        entries.delete(id);
        void files.forget(id);
      }
      const isOpen = ({ id }: Task): boolean => !works.has(id) && (entries.get(id)?.report ?? null) === null;
      queue = told.filter(isOpen);
      next();
    },

    /** As much as fits into a report. */
    reports(): TaskReport[] {
      let room = MAX_ANSWERS_CHARS;
      return [...entries.values()].flatMap(({ task: { id }, report }): TaskReport[] => {
        if (report === null) return works.has(id) ? [{ id, state: "running" }] : [];
        room -= JSON.stringify(report).length;
        return room >= 0 ? [report] : [];
      });
    },

    /** Volumes that are being changed. */
    lockedVolumes(): ReadonlySet<string> {
      const specs = [...works.keys()].flatMap((id) => entries.get(id)?.task.spec ?? []);
      return new Set(specs.flatMap((spec) => (changesVolume(spec) ? [spec.volumeId] : [])));
    },

    async stop(): Promise<void> {
      queue = [];
      for (const { stop } of works.values()) stop.abort();
      const late = new AbortController();
      await Promise.race([Promise.all([...works.values()].map(({ done }) => done)), sleep(STOP_MS, late.signal)]);
      late.abort();
    },
  };
};

export type Tasks = ReturnType<typeof createTasks>;

type Changing = Extract<Task["spec"], { kind: "volume.reset" | "volume.restore" | "volume.remove" }>;

/** Such that no replica may have the volume meanwhile. */
export const changesVolume = (spec: Task["spec"]): spec is Changing =>
  spec.kind === "volume.reset" || spec.kind === "volume.restore" || spec.kind === "volume.remove";

/** What a task works on: two tasks never do on the same thing at once. */
const thingsOf = ({ spec }: Task): string[] => [
  ...("volumeId" in spec ? [spec.volumeId] : []),
  ...("snapshotId" in spec ? [spec.snapshotId] : []),
  ...(spec.kind.startsWith("node.") ? ["node"] : []),
];

const INTERRUPTED: Reason = {
  code: "interrupted",
  message: "The node's agent ended during this task three times in a row, so it is not tried any more.",
};

const timedOut = (seconds: number): Reason => ({
  code: "timed_out",
  message: `The task took longer than its limit of ${seconds} seconds and was given up.`,
});

const reasonOf = (err: unknown): Reason => {
  if (err instanceof TaskFailure || err instanceof ReplicaFailure) return err.reason;
  if (err instanceof DomainError && err.code !== "internal") return { code: "task_failed", message: err.message };
  return {
    code: "task_failed",
    message: "The node could not do this because of an internal error; its log says more.",
  };
};
