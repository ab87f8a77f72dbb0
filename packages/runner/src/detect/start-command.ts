import { startLine } from "../sandbox/user-command.ts";
import { fillIn, readFact, readWhen } from "./evaluate.ts";
import type { Manager, ServicePreset, StartRule } from "./preset.ts";
import { normalise, type Project } from "./project.ts";

/** How a service starts, where that was found ("the start script of package.json"), and what to know of it. */
export type Start = { argv: string[]; from: string; note?: string | undefined };

export type StartOptions = {
  startCommand?: string | undefined;
  output: "container" | "process";
  /** A build may still make the file that is started. */
  willBuild: boolean;
};

/**
 * The command of a service: what the service was told, else the `web` line of a Procfile, else the first of the preset's
 * rules that holds. Null when none does.
 */
export const findStart = (
  project: Project,
  preset: ServicePreset,
  manager: Manager,
  options: StartOptions,
): Start | null => {
  const { tools } = preset;
  if (options.startCommand !== undefined) {
    return { argv: startLine(options.startCommand, { tools }), from: "the service's start command" };
  }
  if (project.procfileWeb !== null) {
    return { argv: startLine(project.procfileWeb, { tools }), from: "the web line of the Procfile" };
  }
  for (const rule of preset.starts) {
    if (rule.output !== undefined && rule.output !== options.output) continue;
    const start = applyRule(rule, project, preset, manager, options.willBuild);
    if (start !== null) return start;
  }
  return null;
};

const applyRule = (
  rule: StartRule,
  project: Project,
  { tools }: ServicePreset,
  manager: Manager,
  willBuild: boolean,
): Start | null => {
  const value = readWhen(rule, project);
  if (value === null) return null;
  const entry = rule.entry === undefined ? {} : findEntry(rule.entry, project, willBuild);
  if (entry === null) return null;
  const program = value.slice(value.lastIndexOf("/") + 1);
  if (uses(rule, "{program}") && !PROGRAM.test(program)) return null;
  const values = { ...manager.values, value, program, ...entry };
  const from = fillIn(rule.says, values);
  const before = rule.before === undefined ? undefined : (readFact(rule.before, project) ?? undefined);
  const argv =
    "line" in rule.run
      ? startLine(fillIn(rule.run.line, values), { tools, before })
      : rule.run.map((part) => fillIn(part, values));
  return { argv, from, note: rule.note };
};

/** Programs are usually named like their package. */
const PROGRAM = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

const uses = ({ run }: StartRule, name: string): boolean => "line" in run && run.line.includes(name);

type Entry = { path: string; module: string; value?: string };

const findEntry = (entry: NonNullable<StartRule["entry"]>, project: Project, willBuild: boolean): Entry | null => {
  if ("named" in entry) {
    const named = readFact(entry.named, project);
    if (named === null || named.startsWith("-") || named.startsWith("/") || named.split("/").includes(".."))
      return null;
    const path = normalise(named);
    return willBuild || project.files.has(path) ? entryOf(path) : null; // `npm init` writes a main that need not exist
  }
  for (const path of entry.files) {
    if (!project.files.has(path)) continue;
    if (entry.matches === undefined) return entryOf(path);
    const value = readFact({ text: path, matches: entry.matches }, project);
    if (value !== null) return { ...entryOf(path), value };
  }
  return null;
};

const entryOf = (path: string): Entry => ({ path, module: path.replace(/\.\w+$/, "").replaceAll("/", ".") });
