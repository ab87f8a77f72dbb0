import type { DesiredShell } from "@homeport/clusters/contract.ts";
import { createTerminalFlow, type TerminalFlow } from "@homeport/kit/terminal-flow.ts";
import { decodeFrame, encodeFrame, MAX_TERMINAL_DATA_BYTES } from "@homeport/kit/terminal-frames.ts";
import { ReplicaFailure, reasonOf } from "../failure.ts";
import { log } from "../log.ts";
import type { ContainerEngine, ControlPlane, ShellLine, Terminal } from "../ports.ts";

type Parts = { engine: Pick<ContainerEngine, "openTerminal">; controlPlane: Pick<ControlPlane, "shell"> };

/** The shells that people have open in replicas of this node. Each is begun once, and ends with its line. */
export const createShells = ({ engine, controlPlane }: Parts) => {
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  /** Of those that are still told of: what has ended must not be begun again. */
  let begun = new Set<string>();

  const carryOut = async ({ id, replicaId, command, columns, rows }: DesiredShell): Promise<void> => {
    const ending = new AbortController();
    const signal = AbortSignal.any([stopping.signal, ending.signal]);
    let line: ShellLine | null = null;
    let terminal: Terminal | null = null;
    try {
      line = await controlPlane.shell(id, stopping.signal);
      terminal = await engine.openTerminal(replicaId, { id, command, columns, rows });
      const flow = createTerminalFlow(signal);
      const ended = takeInput(line, terminal, flow).finally(() => ending.abort());
      await Promise.race([giveOutput(line, terminal, flow), ended]);
    } catch (err) {
      if (!(err instanceof ReplicaFailure)) log.warn({ err, shellId: id }, "a shell could not be opened");
      const { code, message } = reasonOf(err);
      line?.send(encodeFrame({ kind: "error", code, message: message.slice(0, 500) }));
    } finally {
      ending.abort();
      line?.close();
      await terminal
        ?.close()
        .catch((err: unknown) => log.error({ err, shellId: id }, "what a shell had started does not end"));
    }
  };

  return {
    /** `wanted` are those that the control plane tells of now. */
    sync(wanted: readonly DesiredShell[]): void {
      for (const shell of wanted) {
        if (begun.has(shell.id) || stopping.signal.aborted) continue;
        const work = carryOut(shell).finally(() => running.delete(shell.id));
        running.set(shell.id, work);
      }
      begun = new Set([...wanted.map(({ id }) => id), ...running.keys()]);
    },
    /** Ends all of them, and everything that was started in them. */
    async stop(): Promise<void> {
      stopping.abort();
      await Promise.all(running.values());
    },
  };
};

const giveOutput = async (line: ShellLine, terminal: Terminal, flow: TerminalFlow): Promise<void> => {
  for await (const chunk of terminal.output) {
    for (let at = 0; at < chunk.length; at += MAX_TERMINAL_DATA_BYTES) {
      const bytes = chunk.subarray(at, at + MAX_TERMINAL_DATA_BYTES);
      if (!(await flow.admit(bytes.length))) return;
      line.send(encodeFrame({ kind: "data", bytes }));
    }
  }
  const code = await terminal.exited;
  if (code !== null) return line.send(encodeFrame({ kind: "exit", code }));
  const message = "The connection to the program was lost.";
  line.send(encodeFrame({ kind: "error", code: "engine_error", message }));
};

/** Until the line has ended. */
const takeInput = async (line: ShellLine, terminal: Terminal, flow: TerminalFlow): Promise<void> => {
  let writing: Promise<void> = Promise.resolve();
  for await (const message of line.frames) {
    const frame = decodeFrame(message);
    if (frame?.kind === "taken") flow.taken(frame.bytes);
    else if (frame?.kind === "size") await terminal.resize(frame.columns, frame.rows).catch(() => undefined);
    else if (frame?.kind === "data") {
      // Not waited for: a program that does not read must not keep what it shows from being read. The window bounds it.
      const { bytes } = frame;
      writing = writing
        .then(() => terminal.write(bytes))
        .then(() => line.send(encodeFrame({ kind: "taken", bytes: bytes.length })))
        .catch((err: unknown) => log.debug({ err }, "what was typed could not be written"));
    }
  }
};

export type Shells = ReturnType<typeof createShells>;
