import type { DesiredState } from "@homeport/clusters/contract.ts";
import { z } from "zod";
import { type Epochs, raiseEpochs } from "../fence.ts";
import { readState, writeState } from "../state-file.ts";

const Stored = z.record(z.uuid(), z.number().int().min(0));
/** Workloads and volumes come and go; those that nobody told of for longest are forgotten beyond this. */
const MAX_ENTRIES = 20_000;

/**
 * The highest epochs this node was told of, on disk, since a control plane that was restored from a backup may ask an agent
 * that has just started.
 *
 * @throws when the file cannot be read: acting as if nothing had been seen is what it is there against.
 */
export const openSeenEpochs = async (path: string, known: DesiredState | null) => {
  let epochs: Epochs = new Map(Object.entries((await readState(path, Stored)) ?? {}));
  if (known !== null) epochs = raiseEpochs(epochs, known);
  return {
    current: (): Epochs => epochs,
    /** Takes down what a state tells. Awaited before the state is acted on. */
    async note(state: DesiredState): Promise<void> {
      const next = raiseEpochs(epochs, state);
      if (next === epochs) return;
      const bounded = new Map([...next].slice(-MAX_ENTRIES));
      await writeState(path, Object.fromEntries(bounded));
      epochs = bounded;
    },
  };
};
