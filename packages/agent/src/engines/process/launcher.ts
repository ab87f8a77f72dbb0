/**
 * The last step before a workload: runs inside the sandbox, already without privileges, and turns itself into the
 * workload's start command. Copied into the agent's folder and run by Bun on its own, so it imports nothing of ours.
 *
 * Why it exists: the workload's environment must not reach bwrap and setpriv, which still run as root (LD_PRELOAD there
 * would be root for the tenant), and must not be in an argument list, which everybody can read. And nothing of the tenant
 * may run before the agent has written down that it does: a byte on the gate says so; the gate closing without one means
 * that the agent died, and then nothing is started.
 *
 * With words after the spec's path it becomes those instead, for a shell: in the same place and with the same variables,
 * and with the `NAME=value` words before `--` besides. A shell has no gate: the agent ends what it does not know of.
 */
import { closeSync, readFileSync, readSync, writeSync } from "node:fs";

const STDERR = 2;
const GATE = 4;
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

type Spec = { cwd: string; argv: [string, ...string[]]; env: Record<string, string> };

const [specPath = "", ...instead] = process.argv.slice(2);
if (instead.length === 0) {
  const open = readSync(GATE, new Uint8Array(1)) === 1;
  closeSync(GATE);
  if (!open) process.exit(0);
}

const spec: Spec = JSON.parse(readFileSync(specPath, "utf8")); // written by the agent, see launch.ts
if (instead.length > 0) {
  const end = instead.indexOf("--");
  for (const word of instead.slice(0, end))
    spec.env[word.slice(0, word.indexOf("="))] = word.slice(word.indexOf("=") + 1);
  spec.argv = instead.slice(end + 1) as Spec["argv"]; // never empty, see shell-command.ts
}
try {
  process.chdir(spec.cwd);
} catch {
  writeSync(STDERR, `${spec.cwd}: there is no such folder\n`);
  process.exit(NOT_FOUND);
}

// Bun ignores these two, and an ignored signal stays ignored across exec; one with a handler is reset to its default
process.on("SIGPIPE", () => {});
process.on("SIGXFSZ", () => {});

const [command] = spec.argv;
const file = command.includes("/") ? command : Bun.which(command, { PATH: spec.env.PATH ?? "", cwd: spec.cwd });
try {
  if (file !== null) process.execve?.(file, spec.argv, spec.env);
} catch (err) {
  const isMissing = err instanceof Error && "code" in err && err.code === "ENOENT";
  if (!isMissing) {
    writeSync(STDERR, `${command}: cannot be executed\n`);
    process.exit(NOT_EXECUTABLE);
  }
}
writeSync(STDERR, `${command}: command not found\n`);
process.exit(NOT_FOUND);
