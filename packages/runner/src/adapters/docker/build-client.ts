import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../../run/run-command.ts";

/** Where the clients of engines are installed; the first one that can do it is taken. */
const FOLDERS = ["/usr/local/bin", "/usr/bin", "/bin"];
/** From this version on, a client leaves BuildKit to a plugin of its own. */
const FIRST_WITH_PLUGIN = 23;
const TIMEOUT_MS = 20_000;

/**
 * A `docker` of this machine that speaks BuildKit's own protocol, by which files can be mounted into steps; null when
 * there is none. The engine's HTTP API alone does not do it.
 */
export const findBuildClient = async (
  signal: AbortSignal,
  folders: readonly string[] = FOLDERS,
): Promise<string | null> => {
  for (const folder of folders) {
    const program = join(folder, "docker");
    if (isExecutable(program) && (await canBuild(program, signal))) return program;
  }
  return null;
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const canBuild = async (program: string, signal: AbortSignal): Promise<boolean> => {
  const version = /^Docker version (\d+)\./m.exec((await ask(program, ["--version"], signal)).text)?.[1];
  if (version === undefined) return false; // another program of that name
  if (Number(version) < FIRST_WITH_PLUGIN) return true;
  return (await ask(program, ["buildx", "version"], signal)).exitCode === 0;
};

const ask = async (program: string, args: readonly string[], signal: AbortSignal) => {
  const lines: string[] = [];
  const command = { argv: [program, ...args], env: { PATH: FOLDERS.join(":"), HOME: "/nonexistent", LC_ALL: "C" } };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const { exitCode } = await runCommand(command, { onLine: (_, line) => void lines.push(line), signal: limit });
  return { exitCode, text: lines.join("\n") };
};
