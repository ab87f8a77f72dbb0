import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import { z } from "zod";
import { noShell, ReplicaFailure, replicaNotRunning } from "../../failure.ts";
import { log } from "../../log.ts";
import type { Terminal, TerminalOptions } from "../../ports.ts";
import { sleep } from "../../sleep.ts";
import { endShell, markOf } from "../end-shell.ts";
import { hasVariable } from "../process/proc.ts";
import { call, callUnless, statusOf } from "./calls.ts";
import { pidOf } from "./inspect.ts";

const TIMEOUT_MS = 30_000;
/** The engine needs a moment to take down how a program ended whose output has ended. */
const EXIT_TIMEOUT_MS = 5_000;
const LOOK_MS = 20;
const SHELLS = ["/bin/bash", "/bin/sh"];

/** The part of an answer about an exec that we read (Docker Engine API 1.41, ExecInspect). */
const Inspected = z.object({
  Running: z.boolean(),
  ExitCode: z.number().int().nullish(),
  Pid: z.number().int().default(0),
});

/**
 * A terminal in a container. The engine cannot end what it executes, so that is done here, by the machine's process table:
 * where that is another machine's, or not ours to use, there is no shell.
 */
export const openShell = async (docker: Docker, containerId: string, options: TerminalOptions): Promise<Terminal> => {
  const container = docker.getContainer(containerId);
  const about = await callUnless([404], "inspect", TIMEOUT_MS, () => container.inspect());
  const pid = about === null ? null : pidOf(about);
  if (pid === null) throw replicaNotRunning();
  if (!seesProcess(pid, containerId)) throw outOfReach();
  const command = options.command ?? (await findShell(container));
  if (command === null) throw noShell();
  const exec = await call("exec", TIMEOUT_MS, () =>
    container.exec({
      Cmd: command,
      DetachKeys: keysNobodyTypes(),
      Env: [markOf(options.id), "TERM=xterm-256color"],
      Tty: true,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    }),
  ).catch((err: unknown) => {
    throw statusOf(err) === 409 || statusOf(err) === 404 ? replicaNotRunning() : err;
  });
  const look = async () => Inspected.parse(await call("exec inspect", TIMEOUT_MS, () => exec.inspect()));
  const stream: Duplex = await call("exec start", TIMEOUT_MS, () =>
    exec.start({ hijack: true, stdin: true, Tty: true }),
  );
  stream.on("error", (err) => log.debug({ err }, "the line to a shell broke"));
  const resize = async (columns: number, rows: number): Promise<void> => {
    // 409 and others: it has ended, or has not begun
    await call("exec resize", TIMEOUT_MS, () => exec.resize({ w: columns, h: rows })).catch(() => undefined);
  };
  await resize(options.columns, options.rows);
  const ended = Promise.withResolvers<void>();
  stream.once("close", () => ended.resolve());
  stream.once("end", () => ended.resolve());
  const session = sessionOf((await look()).Pid, options.id);
  let closing: Promise<void> | null = null;
  const end = async (): Promise<void> => {
    stream.destroy();
    if (!(await endShell(options.id, session ?? null))) log.error({ shellId: options.id }, "a shell does not end");
  };
  return {
    output: {
      async *[Symbol.asyncIterator]() {
        try {
          for await (const chunk of stream) yield chunk as Uint8Array;
        } catch (err) {
          log.debug({ err }, "the line to a shell broke");
        }
        ended.resolve();
      },
    },
    write: (bytes) =>
      new Promise((resolve) => {
        if (stream.destroyed || stream.writableEnded) return resolve();
        if (stream.write(bytes)) return resolve();
        const done = () => {
          stream.off("drain", done).off("close", done);
          resolve();
        };
        stream.once("drain", done).once("close", done);
      }),
    resize,
    exited: ended.promise.then(() => exitCodeOf(look)),
    close() {
      closing ??= end();
      return closing;
    },
  };
};

/**
 * The engine looks for keys that end the line, Ctrl-P Ctrl-Q unless told, and that cannot be turned off. So it gets a row
 * of them that comes up in no input; it begins with one that hardly anybody uses, because the engine keeps it back until the next.
 */
const keysNobodyTypes = (): string =>
  ["^", ...randomBytes(24).map((byte) => byte % 26)]
    .map((key) => `ctrl-${typeof key === "number" ? String.fromCharCode(97 + key) : key}`)
    .join(",");

const exitCodeOf = async (look: () => Promise<z.infer<typeof Inspected>>): Promise<number | null> => {
  const limit = AbortSignal.timeout(EXIT_TIMEOUT_MS);
  while (!limit.aborted) {
    const found = await look().catch(() => null);
    if (found !== null && !found.Running) return found.ExitCode ?? null;
    await sleep(LOOK_MS, limit);
  }
  return null; // its output ends also when the engine itself does
};

const findShell = async (container: Docker.Container): Promise<string[] | null> => {
  for (const path of SHELLS) {
    if ((await callUnless([404], "look for a shell", TIMEOUT_MS, () => container.infoArchive({ path }))) !== null)
      return [path];
  }
  return null;
};

/** Whether this is the process table that the engine's numbers are of, and we may look into it. */
const seesProcess = (pid: number, containerId: string): boolean => {
  try {
    // the engine mounts files of each container into it from a folder of its name
    return process.getuid?.() === 0 && readFileSync(`/proc/${pid}/mountinfo`, "utf8").includes(containerId);
  } catch {
    return false;
  }
};

/** With a terminal of its own a program leads a session. Null when the number is not that of a process of this shell. */
const sessionOf = (pid: number, shellId: string): number | null =>
  pid > 1 && hasVariable(pid, markOf(shellId)) ? pid : null;

const outOfReach = (): ReplicaFailure => {
  const message =
    "Shells need an agent that runs as root on the machine of the Docker engine, outside of a container: nothing else can end what is started in them.";
  return new ReplicaFailure({ code: "shell_unsupported", message }, { retryable: false });
};
