/**
 * A process that holds a terminal and the program in it, one for each shell. Bun's terminal hands over what the program
 * shows as it comes and cannot be told to wait, so this process waits instead: it writes to a pipe, which blocks until the
 * agent reads on, and meanwhile the program waits too. It is in the replica's control group, and ends what was started in
 * the shell also when the agent was killed, for then its pipes are closed.
 *
 * On its input: messages, each after its length (four bytes). The first is a TerminalSpec, the others are frames of kit's
 * terminal-frames.ts. On its output: what the terminal shows. Its exit code is the program's.
 */
import { writeSync } from "node:fs";
import { decodeFrame } from "@homeport/kit/terminal-frames.ts";
import { SYSTEM_PATH } from "../../exec.ts";
import { endShell } from "../end-shell.ts";
import { childrenOf, leadsSession } from "./proc.ts";

export type TerminalSpec = { shellId: string; argv: string[]; columns: number; rows: number };

const STDOUT = 1;
const KILLED = 137;
/** Without a program. */
const FAILED = 125;

async function* messages(): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of Bun.stdin.stream()) {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const size = rest.length < 4 ? null : rest.readUInt32BE(0);
      if (size === null || rest.length < size + 4) break;
      yield rest.subarray(4, size + 4);
      rest = rest.subarray(size + 4);
    }
  }
}

const input = messages();
const first = await input.next();
if (first.done === true) process.exit(FAILED);
const spec: TerminalSpec = JSON.parse(first.value.toString()); // written by the agent, see shell.ts

let flushed = Promise.withResolvers<void>();
const terminal = new Bun.Terminal({
  cols: spec.columns,
  rows: spec.rows,
  data(_terminal, bytes) {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(STDOUT, bytes, at);
    } catch {
      void leave(KILLED); // nobody reads any more
    }
  },
  drain: () => flushed.resolve(),
});
const child = Bun.spawn(spec.argv, {
  terminal,
  cwd: "/",
  env: { PATH: SYSTEM_PATH },
});

/** Of the program, which is our child, or the child of the one that entered the namespaces; null until it has one. */
let session: number | null = null;
const looking = setInterval(() => {
  session ??= [child.pid, ...childrenOf(child.pid)].find(leadsSession) ?? null;
  if (session !== null) clearInterval(looking);
}, 10);

let leaving: Promise<void> | null = null;
/** Ends all that was started in the shell, then itself. */
function leave(code: number): Promise<void> {
  leaving ??= endShell(spec.shellId, session).then(() => {
    process.exit(code);
  });
  return leaving;
}

void child.exited.then((code) => leave(code));

for await (const message of input) {
  const frame = decodeFrame(message);
  if (frame?.kind === "size") terminal.resize(frame.columns, frame.rows);
  if (frame?.kind !== "data" || terminal.closed) continue;
  flushed = Promise.withResolvers<void>();
  terminal.write(frame.bytes as Uint8Array<ArrayBuffer>);
  await Promise.race([flushed.promise, child.exited]);
}
await leave(KILLED);
