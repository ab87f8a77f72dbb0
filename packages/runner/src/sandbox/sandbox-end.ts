import { closeSync, openSync, readFileSync, readSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { log } from "../log.ts";
import type { ProcessGuard } from "../run/process-guard.ts";
import type { ControlGroup } from "./control-group.ts";
import { endLeftSandboxes } from "./left-sandboxes.ts";

/** The descriptor that bwrap writes its status to: the first one after stdin, stdout and stderr. */
export const STATUS_DESCRIPTOR = 3;
/** The one that bwrap waits for before it starts the program, where there is a control group to be taken into. */
export const GATE_DESCRIPTOR = 4;

/** The first process of a namespace needs a few milliseconds to end all others; more than this is a broken kernel. */
const MAX_WAIT_MS = 30_000;
const POLL_MS = 2;
const MAX_STATUS_BYTES = 4096;

/**
 * Holds a sandbox in its control group and until it is empty. bwrap itself returns before the kernel has ended the last process of the namespace,
 * and what still runs could change files while we read them. The status file tells the namespace's first process; once
 * that is gone or a zombie, nothing of the namespace is left (pid_namespaces(7)).
 */
export const sandboxEnd =
  (scratchDir: string, wrap: (argv: readonly string[]) => string[], group: ControlGroup | null): ProcessGuard =>
  (argv) => {
    const status = openUnnamed(scratchDir);
    return {
      argv: wrap(argv),
      descriptors: group === null ? [status] : [status, "pipe"],
      begin(pid, [, gate]) {
        if (group !== null && typeof gate === "number")
          takeIn(group, pid, status, gate).catch((err: unknown) =>
            log.warn({ err }, "a build runs outside of its control group"),
          );
      },
      async untilGone() {
        const first = firstProcess(readStart(status));
        closeSync(status);
        // Killed too early, bwrap leaves a sandbox that does not know of it.
        if (first === null || isRunning(first)) await endLeftSandboxes(scratchDir);
        const deadline = Date.now() + MAX_WAIT_MS;
        while (first !== null && isRunning(first)) {
          if (Date.now() > deadline) throw new Error(`Process ${first} of a sandbox does not end.`);
          await Bun.sleep(POLL_MS);
        }
      },
    };
  };

/**
 * The namespace's first process and everything after it is in the group before any of it is the build's: bwrap has that
 * process wait at the gate. Its own wait ends with the gate, also when it never gets that far.
 */
const takeIn = async (group: ControlGroup, bwrap: number, status: number, gate: number): Promise<void> => {
  group.join(bwrap);
  const deadline = Date.now() + MAX_WAIT_MS;
  let first: number | null = null;
  try {
    while (first === null && Date.now() < deadline && isRunning(bwrap)) {
      first = firstProcess(readStart(status));
      if (first === null) await Bun.sleep(POLL_MS);
    }
    if (first !== null) group.join(first);
  } finally {
    closeSync(gate);
  }
};

/** A file without a name: bwrap's status is small, and a pipe would have to be read while it runs. */
const openUnnamed = (dir: string): number => {
  const path = join(dir, `status-${crypto.randomUUID()}`);
  const descriptor = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  return descriptor;
};

const readStart = (descriptor: number): string => {
  const bytes = Buffer.alloc(MAX_STATUS_BYTES);
  return bytes.toString("utf8", 0, readSync(descriptor, bytes, 0, MAX_STATUS_BYTES, 0));
};

/** Null when bwrap ended before it started anything. */
const firstProcess = (status: string): number | null => {
  const pid = /"child-pid":\s*(\d+)/.exec(status)?.[1];
  return pid === undefined ? null : Number(pid);
};

const isRunning = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.charAt(stat.lastIndexOf(")") + 2) !== "Z";
  } catch {
    return false;
  }
};
