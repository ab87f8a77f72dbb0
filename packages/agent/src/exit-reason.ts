import { constants } from "node:os";
import type { Reason } from "@homeport/clusters/contract.ts";
import type { Exit } from "./ports.ts";

/** Exit codes that mean something by convention (bash(1) "EXIT STATUS", and 128 + signal). */
const MEANINGS: Record<number, string> = {
  0: "ended by itself without an error (exit code 0).",
  1: "stopped with an error (exit code 1).",
  2: "stopped with an error (exit code 2): many programs say so of wrong options or settings.",
  126: "cannot be executed (exit code 126): the start command was found, but it is not executable or is made for another machine.",
  127: "could not be started (exit code 127): the start command, or a program it calls, was not found.",
  130: "was interrupted (exit code 130, SIGINT).",
  132: "was killed because it ran an instruction that this processor does not have (exit code 132, SIGILL).",
  134: "aborted itself (exit code 134, SIGABRT).",
  135: "was killed because of a memory or disk error (exit code 135, SIGBUS).",
  136: "was killed because of an arithmetic error (exit code 136, SIGFPE).",
  137: "was killed (exit code 137, SIGKILL), and not for its memory limit: by somebody on the machine, or because the machine itself ran out of memory.",
  139: "crashed with a memory access error (exit code 139, SIGSEGV).",
  141: "wrote to a closed connection or pipe and did not expect that (exit code 141, SIGPIPE).",
  143: "was asked to stop and stopped (exit code 143, SIGTERM).",
  255: "stopped with exit code 255: many programs say so of an error that they have no other code for.",
};

/** Some signals have two names; the first one is the usual one. */
const SIGNALS = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, number]) => [number, name]),
);

export type EndedReplica = {
  exit: Exit;
  startedAt: Date | null;
  /** Its limit, if it has one. */
  memoryMiB?: number | undefined;
  kind: "service" | "run";
  timeoutSeconds?: number | undefined;
  lastLines: string[];
};

/** Why a replica ended, in plain words. */
export const explainExit = (ended: EndedReplica): Reason => {
  const { exit, memoryMiB, kind, lastLines } = ended;
  const lines = lastLines.length > 0 ? { lastLines } : {};
  const What = kind === "run" ? "The command" : "The service";
  const signal = exit.code !== null && exit.code > 128 ? SIGNALS.get(exit.code - 128) : undefined;
  const facts = {
    ...(exit.code === null ? {} : { exitCode: exit.code }),
    ...(signal === undefined ? {} : { signal }),
    ...lines,
  };
  if (isTimedOut(ended)) {
    const message = `The command was ended because it took longer than its limit of ${ended.timeoutSeconds} seconds.`;
    return { code: "run_timed_out", message, ...facts };
  }
  if (exit.code === null) {
    const message = `${What} ended while nobody was watching, so its exit code is not known.`;
    return { code: "crashed", message, ...facts };
  }
  if (exit.oomKilled) return { code: "out_of_memory", message: outOfMemory(What, exit.code, memoryMiB), ...facts };
  if (exit.code !== 0 && lastLines.some((line) => WRONG_FORMAT.test(line))) {
    const message = `The start command is made for another kind of machine, or is a script without a first line that names its interpreter (exit code ${exit.code}).`;
    return { code: "image_wrong_platform", message, ...facts };
  }
  if (exit.code === 0 && kind === "service") {
    const message =
      "The service ended by itself without an error (exit code 0). A service that is to serve must keep running.";
    return { code: "crashed", message, ...facts };
  }
  return { code: "crashed", message: `${What} ${MEANINGS[exit.code] ?? otherExit(exit.code, signal)}`, ...facts };
};

/** Whatever its exit code: many programs that are asked to stop end as if all was done. */
const isTimedOut = ({ exit, startedAt, kind, timeoutSeconds }: EndedReplica): boolean =>
  kind === "run" &&
  timeoutSeconds !== undefined &&
  startedAt !== null &&
  exit.at.getTime() - startedAt.getTime() >= timeoutSeconds * 1000;

/** What runc and kernels say of a program they cannot read (ENOEXEC). */
const WRONG_FORMAT = /\bexec format error\b/i;

const outOfMemory = (What: string, code: number, memoryMiB: number | undefined): string =>
  memoryMiB === undefined
    ? `${What} was killed because the machine ran out of memory (exit code ${code}).`
    : `${What} was killed because it used more than its memory limit of ${memoryMiB} MiB (exit code ${code}).`;

const otherExit = (code: number, signal: string | undefined): string =>
  signal === undefined ? `stopped with exit code ${code}.` : `was ended by signal ${signal} (exit code ${code}).`;
