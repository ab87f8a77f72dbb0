import { DomainError } from "@homeport/kit/errors.ts";

/** Where the system's own programs are; the agent's PATH may lead into folders of users. */
export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const MAX_OUTPUT_BYTES = 64 * 1024;

/**
 * Runs a program to its end: an argument list, never a shell line, and a bare environment. This file is the one place of
 * the agent that starts programs of its own (workloads are started by the engines).
 *
 * @throws {DomainError} internal when it cannot be started, fails, takes longer than `limit` (in ms) or is aborted.
 */
export const run = async (argv: string[], limit: number | AbortSignal): Promise<string> => {
  const child = spawn(argv, "ignore", limit);
  const [out, err, code] = await Promise.all([firstBytes(child.stdout), firstBytes(child.stderr), child.exited]);
  if (code === 0) return out;
  throw failed(argv, child, code, err);
};

/** Hands on what a program writes, chunk by chunk, and waits for its end. `isFine` judges its exit code. */
export const readFrom = async (
  argv: string[],
  take: (output: ReadableStream<Uint8Array>) => Promise<void>,
  signal: AbortSignal,
  isFine: (code: number) => boolean = (code) => code === 0,
): Promise<void> => {
  const child = spawn(argv, "ignore", signal);
  const words = firstBytes(child.stderr);
  try {
    await take(child.stdout);
  } catch (err) {
    child.kill("SIGKILL"); // nobody reads on, so it would never end
    await child.exited;
    throw err;
  }
  const code = await child.exited;
  if (!isFine(code)) throw failed(argv, child, code, await words);
};

/** Writes `input` to a program, as fast as it reads, and waits for its end. */
export const writeTo = async (argv: string[], input: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> => {
  const child = spawn(argv, "pipe", signal);
  const words = firstBytes(child.stderr);
  const rest = firstBytes(child.stdout);
  let broken: unknown = null;
  try {
    for await (const chunk of input) {
      child.stdin.write(chunk);
      await child.stdin.flush();
    }
    await child.stdin.end();
  } catch (err) {
    broken = err; // most often because it has ended, and then its own words say more
    if (child.exitCode === null) child.kill("SIGKILL");
  }
  const [code, text] = [await child.exited, await words];
  await rest;
  if (broken !== null && child.signalCode === "SIGKILL" && !signal.aborted) throw broken;
  if (code !== 0) throw failed(argv, child, code, text);
};

const failed = (
  argv: string[],
  child: Pick<Bun.Subprocess, "signalCode">,
  code: number,
  words: string,
): DomainError => {
  const ending = child.signalCode == null ? `exit code ${code}` : `signal ${child.signalCode}`;
  return new DomainError("internal", `${argv[0]} failed (${ending}): ${words.trim().slice(0, 500)}`);
};

const spawn = <In extends "ignore" | "pipe">(argv: string[], stdin: In, limit: number | AbortSignal) => {
  try {
    return Bun.spawn<In, "pipe", "pipe">(argv, {
      cwd: "/",
      env: { PATH: SYSTEM_PATH, LC_ALL: "C" },
      stdio: [stdin, "pipe", "pipe"],
      ...(typeof limit === "number" ? { timeout: limit } : { signal: limit }),
      killSignal: "SIGKILL",
    });
  } catch (err) {
    throw new DomainError("internal", `${argv[0]} cannot be started: is it installed?`, { cause: err });
  }
};

/** Reads to the end, so the program never blocks, and keeps only so much. */
const firstBytes = async (stream: ReadableStream<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    if (size < MAX_OUTPUT_BYTES) chunks.push(chunk);
    size += chunk.byteLength;
  }
  return Buffer.concat(chunks).toString("utf8");
};
