import { constants } from "node:os";
import type { Reason } from "@homeport/clusters/contract.ts";
import type { Exit } from "./ports.ts";

/** Exit codes that mean something by convention (bash(1) "EXIT STATUS", and 128 + signal). */
const MEANINGS: Record<number, string> = {
  0: "The service ended by itself without an error (exit code 0). A service must keep running.",
  1: "The service stopped with an error (exit code 1).",
  126: "The start command was found but cannot be executed (exit code 126): it is not executable or is made for another machine.",
  127: "The start command was not found (exit code 127).",
  132: "The service was killed because it ran an instruction that this processor does not have (exit code 132, SIGILL).",
  134: "The service aborted itself (exit code 134, SIGABRT).",
  137: "The service was killed (exit code 137, SIGKILL).",
  139: "The service crashed with a memory access error (exit code 139, SIGSEGV).",
  143: "The service was asked to stop and stopped (exit code 143, SIGTERM).",
};

/** Some signals have two names; the first one is the usual one. */
const SIGNALS = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, number]) => [number, name]),
);

/** Why a replica ended, in plain words. `memoryMiB` is its limit, if it has one. */
export const explainExit = (exit: Exit, memoryMiB: number | undefined, lastLines: string[]): Reason => {
  const lines = lastLines.length > 0 ? { lastLines } : {};
  if (exit.code === null) {
    const message = "The service ended while nobody was watching, so its exit code is not known.";
    return { code: "crashed", message, ...lines };
  }
  const signal = exit.code > 128 ? SIGNALS.get(exit.code - 128) : undefined;
  const facts = { exitCode: exit.code, ...(signal === undefined ? {} : { signal }), ...lines };
  if (exit.oomKilled) return { code: "out_of_memory", message: outOfMemory(exit.code, memoryMiB), ...facts };
  return { code: "crashed", message: MEANINGS[exit.code] ?? otherExit(exit.code, signal), ...facts };
};

const outOfMemory = (code: number, memoryMiB: number | undefined): string =>
  memoryMiB === undefined
    ? `The service was killed because the machine ran out of memory (exit code ${code}).`
    : `The service was killed because it used more than its memory limit of ${memoryMiB} MiB (exit code ${code}).`;

const otherExit = (code: number, signal: string | undefined): string =>
  signal === undefined
    ? `The service stopped with exit code ${code}.`
    : `The service was ended by signal ${signal} (exit code ${code}).`;
