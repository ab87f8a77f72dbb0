import { closeSync, openSync, writeSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { DomainError } from "@homeport/kit/errors.ts";
import { z } from "zod";
import { SYSTEM_PATH } from "../../exec.ts";
import { sleep } from "../../sleep.ts";
import type { FileMount } from "../placed-files.ts";
import type { ReplicaPaths } from "./paths.ts";
import { childrenOf, identify, type ProcessIdentity } from "./proc.ts";
import { launchCommand, type Sandbox, STATUS_FD } from "./sandbox.ts";

const HANDSHAKE_TIMEOUT_MS = 15_000;
const POLL_MS = 2;
const GATE_FD = STATUS_FD + 1;

/** What is worth knowing of a started workload, also to a later agent. */
export type Pids = {
  /** Ends last; its end is the replica's end. bwrap itself, or the workload where there is no sandbox. */
  outer: ProcessIdentity;
  /** First process of the pid namespace; null where there is none. Killing it kills everything inside. */
  init: ProcessIdentity | null;
  /** The start command, which gets SIGTERM. */
  main: ProcessIdentity;
};

/** Without a sandbox every process of a workload carries this, and is found by it. */
export const MARK = "HOMEPORT_REPLICA";

export type Launched = {
  pids: Pids;
  /** Exit code of `outer` (128+n for signal n), once it has ended. */
  ended: Promise<number>;
  /** Lets the workload begin. */
  open(): void;
  /** Closes the gate: the launcher ends and nothing is started. */
  abandon(): void;
};

/**
 * Starts the sandbox and waits until the launcher stands at the gate: everything that exists of the workload then is
 * `pids`, and nothing of the tenant has run. Output is appended to files, never piped through the agent, so that a
 * workload does not notice the agent's end.
 */
export const launch = async (
  sandbox: Sandbox,
  paths: ReplicaPaths,
  uid: number | null,
  files: readonly FileMount[] = [],
): Promise<Launched> => {
  await rm(paths.status, { force: true });
  const [out, err, status] = [paths.stdout, paths.stderr, paths.status].map((path) => openSync(path, "a", 0o600)) as [
    number,
    number,
    number,
  ];
  try {
    const child = Bun.spawn(launchCommand(sandbox, paths, uid, files), {
      cwd: "/",
      env: { PATH: SYSTEM_PATH, HOME: "/nonexistent" },
      stdio: ["ignore", out, err, status, "pipe"],
      detached: true, // a session of its own: no signal to the agent's group reaches it
    });
    child.unref();
    const gate = child.stdio[GATE_FD] as unknown as number; // Bun gives the descriptor of our end
    const close = (byte: boolean) => {
      if (byte) writeSync(gate, "g");
      closeSync(gate);
    };
    const ended = child.exited; // Bun gives 128+n for signal n
    const pids = sandbox.mode === "plain" ? plainPids(child.pid) : await sandboxPids(child.pid, paths, ended);
    if (pids === null) {
      close(false);
      throw new DomainError(
        "internal",
        `The sandbox could not be started: ${(await readFile(paths.stderr, "utf8")).slice(-500)}`,
      );
    }
    return { pids, ended, open: () => close(true), abandon: () => close(false) };
  } finally {
    for (const fd of [out, err, status]) closeSync(fd);
  }
};

const plainPids = (pid: number): Pids | null => {
  const main = identify(pid);
  return main === null ? null : { outer: main, init: null, main };
};

/** Null when the sandbox ended instead of coming up. */
const sandboxPids = async (outerPid: number, paths: ReplicaPaths, ended: Promise<number>): Promise<Pids | null> => {
  const over = new AbortController();
  void ended.then(() => over.abort());
  const limit = AbortSignal.any([over.signal, AbortSignal.timeout(HANDSHAKE_TIMEOUT_MS)]);
  while (!limit.aborted) {
    const initPid = (await readStatus(paths.status)).childPid;
    const mainPid = initPid === null ? undefined : childrenOf(initPid)[0];
    if (initPid !== null && mainPid !== undefined) {
      const [outer, init, main] = [identify(outerPid), identify(initPid), identify(mainPid)];
      return outer === null || init === null || main === null ? null : { outer, init, main };
    }
    await sleep(POLL_MS, limit);
  }
  return null;
};

const StatusLine = z.object({ "child-pid": z.number().int().optional(), "exit-code": z.number().int().optional() });

/** What bwrap has written so far. The exit code is there even when nobody was the parent any more. */
export const readStatus = async (path: string): Promise<{ childPid: number | null; exitCode: number | null }> => {
  const text = await readFile(path, "utf8").catch(() => "");
  const lines = text.split("\n").flatMap((line) => {
    try {
      return [StatusLine.parse(JSON.parse(line))];
    } catch {
      return []; // the last line may be half written
    }
  });
  return {
    childPid: lines.find((line) => line["child-pid"] !== undefined)?.["child-pid"] ?? null,
    exitCode: lines.find((line) => line["exit-code"] !== undefined)?.["exit-code"] ?? null,
  };
};
