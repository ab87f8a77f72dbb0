import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Task, TaskReport } from "@homeport/clusters/contract.ts";
import { isId } from "@homeport/kit/ids.ts";
import { z } from "zod";
import { log } from "../log.ts";
import { readState, writeState } from "../state-file.ts";

const TaskEntry = z.object({
  task: Task,
  /** How often it was begun. */
  tries: z.number().int(),
  /** Null while it has no answer. */
  report: TaskReport.nullable(),
});
export type TaskEntry = z.infer<typeof TaskEntry>;

/** A file for each task that the control plane tells of. */
export const openTaskFiles = async (dir: string) => {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const fileOf = (id: string): string => join(dir, `${id}.json`);
  return {
    save: (entry: TaskEntry): Promise<void> => writeState(fileOf(entry.task.id), entry),
    forget: (id: string): Promise<void> => rm(fileOf(id), { force: true }),
    /** Without those that cannot be read; a task bears being done again. */
    async load(): Promise<TaskEntry[]> {
      const ids = (await readdir(dir)).flatMap((name) => (name.endsWith(".json") ? [name.slice(0, -5)] : []));
      const found = await Promise.all(
        ids.filter(isId).map((id) =>
          readState(fileOf(id), TaskEntry).catch((err: unknown) => {
            log.error({ err, taskId: id }, "the record of a task is unusable");
            return null;
          }),
        ),
      );
      return found.filter((entry) => entry !== null);
    },
  };
};

export type TaskFiles = Awaited<ReturnType<typeof openTaskFiles>>;
