import { writeSync } from "node:fs";
import { decodeFrame, encodeFrame, MAX_TERMINAL_DATA_BYTES } from "@homeport/kit/terminal-frames.ts";
import { openSocket } from "@homeport/sdk";
import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { note } from "../output.ts";
import { connect } from "../session.ts";
import { checkTarget, type Target, withTarget } from "../target.ts";
import { createTilde } from "../tilde.ts";
import { needsNamed } from "../unnamed.ts";
import { UsageError } from "../usage-error.ts";

type Flags = Target & { environment?: string; replica?: string };

const STDOUT = 1;
const END_OF_INPUT = Uint8Array.of(0x04);
/** Of the last thing that was shown, where the terminal does not take it at once. */
const RETRY_MS = 2;

export const addShell = (program: Command): void => {
  withExamples(
    withTarget(program.command("shell")),
    "homeport shell --project shop --service api",
    "homeport shell --project shop --service api --environment staging --replica 1 -- node",
  )
    .description("Work in a running replica through a terminal; exits with the exit code of its shell. ~. ends it")
    .argument("[command...]", "a program and its arguments, after --; /bin/bash or /bin/sh unless given")
    .option("--environment <name>", "the environment; production unless given")
    .option("--replica <number>", "which replica, from 0; the first that runs unless given")
    .addHelpText("after", `\nOnly owners and admins can.${needsNamed("replica:shell")}`)
    .action(shell);
};

const shell = async (command: string[], flags: Flags): Promise<void> => {
  const { project, service } = checkTarget(flags);
  const { stdin, stdout } = process;
  const isTyped = stdin.isTTY === true;
  if (!isTyped && command.length === 0) {
    throw new UsageError("A shell needs a terminal. Without one, give a command after --; it gets no input.");
  }
  if (flags.replica !== undefined && !/^\d{1,2}$/.test(flags.replica)) {
    throw new UsageError("--replica is the number of a replica, from 0.");
  }
  const socket = await openSocket(
    connect().options,
    `/api/v1/deployments/projects/${project}/services/${service}/shell`,
    {
      columns: String(stdout.columns ?? 80),
      rows: String(stdout.rows ?? 24),
      ...(flags.environment === undefined ? {} : { environment: flags.environment }),
      ...(flags.replica === undefined ? {} : { replica: flags.replica }),
      ...(command.length === 0 ? {} : { command: JSON.stringify(command) }),
    },
  );
  const stopTyping = isTyped ? passOnKeys(socket) : endInput(socket);
  const { code, reason } = await followScreen(socket).finally(stopTyping);
  if (reason !== null) note(reason);
  process.exitCode = code;
};

const send = (socket: WebSocket, bytes: Uint8Array): void => {
  for (let at = 0; at < bytes.length; at += MAX_TERMINAL_DATA_BYTES) {
    const part = bytes.subarray(at, at + MAX_TERMINAL_DATA_BYTES);
    socket.send(encodeFrame({ kind: "data", bytes: part }) as Uint8Array<ArrayBuffer>);
  }
};

/** A terminal would change bytes of a pipe and show them again, so the program gets an end in place of input. */
const endInput = (socket: WebSocket): (() => void) => {
  send(socket, END_OF_INPUT);
  return () => {};
};

/** Hands over every key as it is, and the size of the terminal as it changes. What it gives back ends that. */
const passOnKeys = (socket: WebSocket): (() => void) => {
  const { stdin, stdout } = process;
  const tilde = createTilde();
  const onKeys = (typed: Uint8Array) => {
    const bytes = tilde(typed);
    if (bytes === null) socket.close(1000, "ended by ~.");
    else send(socket, bytes);
  };
  const onSize = () => {
    const frame = encodeFrame({ kind: "size", columns: stdout.columns, rows: stdout.rows });
    socket.send(frame as Uint8Array<ArrayBuffer>);
  };
  stdin.setRawMode(true);
  stdin.on("data", onKeys);
  stdout.on("resize", onSize);
  return () => {
    stdin.setRawMode(false);
    stdin.off("data", onKeys);
    stdout.off("resize", onSize);
    stdin.pause();
  };
};

/** Shows what comes until the end; says what to exit with, and why when the program did not end by itself. */
const followScreen = (socket: WebSocket): Promise<{ code: number; reason: string | null }> =>
  new Promise((resolve) => {
    let end: { code: number; reason: string | null } | null = null;
    socket.addEventListener("message", ({ data }) => {
      const frame = typeof data === "string" ? null : decodeFrame(new Uint8Array(data as ArrayBuffer));
      if (frame?.kind === "data") write(frame.bytes);
      else if (frame?.kind === "exit") end = { code: Math.min(frame.code, 255), reason: null };
      else if (frame?.kind === "error") end = { code: 1, reason: frame.message };
    });
    socket.addEventListener("close", ({ code, reason }) => {
      if (code === 1000 && end === null) end = { code: 0, reason: "Ended." };
      resolve(end ?? { code: 1, reason: reason === "" ? "The connection was lost." : reason });
    });
  });

/** Waits for a slow terminal, so that nothing piles up here: the platform then waits too, and the program at last. */
const write = (bytes: Uint8Array): void => {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(STDOUT, bytes, at);
    } catch (err) {
      if (!(err instanceof Error && "code" in err && err.code === "EAGAIN")) throw err;
      Bun.sleepSync(RETRY_MS);
    }
  }
};
