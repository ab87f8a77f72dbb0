import { Reason } from "@homeport/clusters/contract.ts";
import { z } from "zod";
import type { RunEnd } from "../observe.ts";
import { readState, writeState } from "../state-file.ts";

const Stored = z.record(z.uuid(), z.object({ exitCode: z.number().int().nullable(), reason: Reason }).nullable());

/**
 * Runs that have begun on this node, and how they ended. A migration that is done a second time can destroy what the first
 * time made, so that one began is on disk before anything of it runs, and stays there until nobody asks for it any more;
 * how it ended, so that it is still known when somebody has cleared away what was left of it.
 */
export const openStartedRuns = async (path: string) => {
  const runs = new Map<string, RunEnd | null>(Object.entries((await readState(path, Stored)) ?? {}));
  let writing: Promise<void> = Promise.resolve();
  const save = (): Promise<void> => {
    const next = writing.then(() => writeState(path, Object.fromEntries(runs)));
    writing = next.catch(() => undefined);
    return next;
  };
  return {
    ids: (): string[] => [...runs.keys()],
    endOf: (id: string): RunEnd | null => runs.get(id) ?? null,
    async begin(id: string): Promise<void> {
      if (runs.has(id)) return;
      runs.set(id, null);
      await save();
    },
    async end(id: string, end: RunEnd): Promise<void> {
      runs.set(id, end);
      await save();
    },
    async keepOnly(wanted: ReadonlySet<string>): Promise<void> {
      const gone = [...runs.keys()].filter((id) => !wanted.has(id));
      if (gone.length === 0) return;
      for (const id of gone) runs.delete(id);
      await save();
    },
  };
};

export type StartedRuns = Awaited<ReturnType<typeof openStartedRuns>>;
