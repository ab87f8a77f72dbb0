import { LineSplitter } from "./line-splitter.ts";
import { killGroup, type ProcessGuard, unguarded } from "./process-guard.ts";

/** A program to run: an argv array, so that no value can become a command. `env` is all of its environment. */
export type Command = {
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd?: string;
  guard?: ProcessGuard;
};

export type Exit = { exitCode: number | null; signal: string | null; lastLines: string[] };

export type RunOptions = {
  /** Called for each line as it comes. When it returns a promise, reading waits for it: the program is slowed down. */
  onLine: (stream: "stdout" | "stderr", line: string) => void | Promise<void>;
  /** Aborting kills the program and all it started, and makes `runCommand` throw the signal's reason. */
  signal: AbortSignal;
};

/** What a failed command is shown with. */
const LAST_LINES = 50;

/**
 * Runs a program to its end. However it ends, once this returns or throws no process of it is alive.
 *
 * @throws the reason of `signal`, when it aborted; {Error} when the program cannot be started
 */
export const runCommand = async (command: Command, { onLine, signal }: RunOptions): Promise<Exit> => {
  signal.throwIfAborted();
  const started = (command.guard ?? unguarded)(command.argv);
  const child = Bun.spawn([...started.argv], {
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    env: { ...command.env },
    stdio: ["ignore", "pipe", "pipe", ...started.descriptors],
    detached: true, // leads a process group, so that all of it can be killed
  });
  started.begin?.(
    child.pid,
    started.descriptors.map((each, at) => (each === "pipe" ? (child.stdio[at + 3] ?? null) : null)),
  );
  let isGone = false;
  const kill = () => {
    if (!isGone) killGroup(child.pid);
  };
  signal.addEventListener("abort", kill, { once: true });
  const lastLines: string[] = [];
  const take = (stream: "stdout" | "stderr") => (line: string) => {
    lastLines.push(line);
    if (lastLines.length > LAST_LINES) lastLines.shift();
    return onLine(stream, line);
  };
  // What the program left running would hold its output open for ever, so the end of the program ends that too.
  const ended = child.exited.then(() => {
    kill();
    isGone = true; // from now on the system may give the process id to anybody
    return started.untilGone();
  });
  try {
    await Promise.all([pump(child.stdout, take("stdout"), signal), pump(child.stderr, take("stderr"), signal), ended]);
  } finally {
    signal.removeEventListener("abort", kill);
    kill();
    await ended;
  }
  signal.throwIfAborted();
  return { exitCode: child.exitCode, signal: child.signalCode === null ? null : String(child.signalCode), lastLines };
};

const pump = async (
  output: ReadableStream<Uint8Array>,
  onLine: (line: string) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  let waiting: Promise<void>[] = [];
  const splitter = new LineSplitter((line) => {
    const done = onLine(line);
    if (done !== undefined) waiting.push(done);
  });
  for await (const chunk of output) {
    if (signal.aborted) continue; // read on to the end, but nobody wants it
    splitter.push(chunk);
    await Promise.all(waiting);
    waiting = [];
  }
  splitter.end();
  await Promise.all(waiting);
};
