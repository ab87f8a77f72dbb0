import { startLine } from "../sandbox/user-command.ts";
import type { Preset } from "./presets.ts";
import { normalise, type Project } from "./project.ts";

/** How a service starts, and where that was found: "the start script of package.json". */
export type Start = { argv: string[]; from: string };

/**
 * The command of a service, by these rules in this order: what the service was told; the `web` line of a Procfile; the
 * start script; `main` (for Bun also `module`) of package.json; a file with a usual name; the program of the only
 * dependency. Null when none applies. `willBuild`: a build may still make the file that `main` names.
 */
export const findStart = (
  project: Project,
  preset: Preset,
  options: { startCommand?: string | undefined; willBuild: boolean },
): Start | null => {
  if (options.startCommand !== undefined) {
    return { argv: startLine(options.startCommand), from: "the service's start command" };
  }
  if (project.procfileWeb !== null)
    return { argv: startLine(project.procfileWeb), from: "the web line of the Procfile" };
  return (
    fromScript(project, preset) ??
    fromMain(project, preset, options.willBuild) ??
    fromUsualFile(project, preset) ??
    fromOnlyDependency(project)
  );
};

/**
 * Bun runs scripts in 8 MB and passes signals on, so it is asked to; `--bun` makes programs that ask for node run on Bun
 * too, as they do in an image that has no node, so that a service behaves alike on every engine. npm would cost 40 MB for each replica and leaves
 * the real process behind when it is stopped, so the script is run as npm would run it, without npm.
 */
const fromScript = ({ packageJson }: Project, preset: Preset): Start | null => {
  const script = packageJson?.scripts.start;
  if (script === undefined || script.trim() === "") return null;
  const from = `the start script of package.json (${script})`;
  if (preset.name === "bun") return { argv: ["bun", "--bun", "run", "start"], from };
  return { argv: startLine(script, packageJson?.scripts.prestart), from };
};

const fromMain = (project: Project, preset: Preset, willBuild: boolean): Start | null => {
  const { main, module } = project.packageJson ?? {};
  const fields = preset.name === "bun" ? { main, module } : { main };
  for (const [field, value] of Object.entries(fields)) {
    if (value === undefined || value.startsWith("-") || value.startsWith("/") || value.split("/").includes(".."))
      continue;
    const path = normalise(value);
    if (!willBuild && !project.files.has(path)) continue; // `npm init` writes a main that need not exist
    return { argv: [...preset.runFile, path], from: `"${field}" of package.json` };
  }
  return null;
};

const fromUsualFile = ({ files }: Project, preset: Preset): Start | null => {
  const path = preset.entryFiles.find((name) => files.has(name));
  return path === undefined ? null : { argv: [...preset.runFile, path], from: `the file ${path}` };
};

/** A repository that is nothing but a program from npm. Programs are usually named like their package. */
const fromOnlyDependency = ({ packageJson }: Project): Start | null => {
  const names = Object.keys(packageJson?.dependencies ?? {});
  const [only] = names;
  if (only === undefined || names.length !== 1) return null;
  const program = only.slice(only.lastIndexOf("/") + 1);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(program)) return null;
  return { argv: startLine(program), from: `the program of the only dependency, ${only}` };
};
