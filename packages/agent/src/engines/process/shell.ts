import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { encodeFrame } from "@homeport/kit/terminal-frames.ts";
import { SYSTEM_PATH } from "../../exec.ts";
import { noShell, ReplicaFailure, replicaNotRunning } from "../../failure.ts";
import type { Terminal, TerminalOptions } from "../../ports.ts";
import { endShell } from "../end-shell.ts";
import type { Cgroups } from "./cgroup.ts";
import type { EnginePaths } from "./paths.ts";
import { isAlive } from "./proc.ts";
import type { ReplicaRecord } from "./record.ts";
import type { Sandbox } from "./sandbox.ts";
import { shellCommand } from "./shell-command.ts";
import { OOM_SCORE } from "./supervisor.ts";
import type { TerminalSpec } from "./terminal-host.ts";

const HOST = fileURLToPath(new URL("./terminal-host.ts", import.meta.url));
/** The machine's own shells are in every sandbox. */
const SHELLS = ["/bin/bash", "/bin/sh"];
/** The host gives what was started in the shell ten seconds to die. */
const END_TIMEOUT_MS = 15_000;

type Place = { paths: EnginePaths; sandbox: Sandbox; cgroups: Cgroups | null };

/** A terminal in a replica of the process engine, held by a process of its own (terminal-host.ts). */
export const openShell = async (
  { paths, sandbox, cgroups }: Place,
  record: ReplicaRecord,
  options: TerminalOptions,
): Promise<Terminal> => {
  const { state } = record;
  if (state.kind !== "running" || !isAlive(state.init ?? state.main)) throw replicaNotRunning();
  const shell = SHELLS.find((path) => existsSync(path));
  const command = options.command ?? (shell === undefined ? [] : [shell]);
  if (command.length === 0) throw noShell();
  const { id: shellId, columns, rows } = options;
  const own = paths.replica(record.replica.id);
  const argv = shellCommand(sandbox, own, { pids: state, uid: record.uid, shellId, command });
  const host = Bun.spawn([sandbox.bunPath, HOST], {
    cwd: "/",
    env: { PATH: SYSTEM_PATH },
    stdio: ["pipe", "pipe", "ignore"],
    detached: true, // a session of its own: no signal to the agent's group reaches it
  });
  const tell = async (message: Uint8Array): Promise<void> => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(message.length);
    host.stdin.write(length);
    host.stdin.write(message);
    await host.stdin.flush();
  };
  let closing: Promise<void> | null = null;
  const end = async (): Promise<void> => {
    const late = setTimeout(() => host.kill("SIGKILL"), END_TIMEOUT_MS);
    try {
      if (host.exitCode === null) await host.stdin.end();
    } catch {
      // it has ended by itself
    }
    await reader.cancel().catch(() => undefined); // one that waits to be read has to notice too
    await host.exited;
    clearTimeout(late);
    await endShell(shellId, null); // what a host left that was killed
  };
  const reader = host.stdout.getReader();
  try {
    await writeFile(`/proc/${host.pid}/oom_score_adj`, OOM_SCORE).catch(() => {});
    await cgroups?.join(record.replica.id, host.pid); // the program is within the replica's limits from its first moment on
    await tell(Buffer.from(JSON.stringify({ shellId, argv, columns, rows } satisfies TerminalSpec)));
  } catch (err) {
    await end();
    const message = "The shell could not be started in this replica.";
    throw new ReplicaFailure({ code: "engine_error", message }, { retryable: false, cause: err });
  }
  return {
    output: {
      async *[Symbol.asyncIterator]() {
        for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
      },
    },
    async write(bytes) {
      if (host.exitCode === null) await tell(encodeFrame({ kind: "data", bytes }));
    },
    async resize(width, height) {
      if (host.exitCode === null) await tell(encodeFrame({ kind: "size", columns: width, rows: height }));
    },
    exited: host.exited,
    close() {
      closing ??= end();
      return closing;
    },
  };
};
