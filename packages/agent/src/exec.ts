import { DomainError } from "@homeport/kit/errors.ts";

/** Where the system's own programs are; the agent's PATH may lead into folders of users. */
export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const MAX_OUTPUT_BYTES = 64 * 1024;

/**
 * Runs a program to its end: an argument list, never a shell line, and a bare environment. The one place of the agent
 * that starts programs of its own (workloads are started by the engines).
 *
 * @throws {DomainError} internal when it cannot be started, fails or takes longer than `timeoutMs`.
 */
export const run = async (argv: string[], timeoutMs: number): Promise<string> => {
  const child = spawn(argv, timeoutMs);
  const [out, err, code] = await Promise.all([firstBytes(child.stdout), firstBytes(child.stderr), child.exited]);
  if (code === 0) return out;
  const ending = child.signalCode === null ? `exit code ${code}` : `signal ${child.signalCode}`;
  throw new DomainError("internal", `${argv[0]} failed (${ending}): ${err.trim().slice(0, 500)}`);
};

const spawn = (argv: string[], timeoutMs: number) => {
  try {
    return Bun.spawn(argv, {
      cwd: "/",
      env: { PATH: SYSTEM_PATH, LC_ALL: "C" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: timeoutMs,
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
