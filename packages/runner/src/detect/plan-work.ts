import { buildLine } from "../sandbox/user-command.ts";
import { fillIn, readFact, readWhen } from "./evaluate.ts";
import type { RunImage, Step, Toolwork } from "./plan.ts";
import type { BuildRule, Command, Manager, ServicePreset } from "./preset.ts";
import { normalise, type Project } from "./project.ts";

/** How a project is installed and built: by its manager's rules, or with the command that was asked for. */
export const planWork = (
  project: Project,
  preset: ServicePreset,
  manager: Manager,
  baseImage: string,
  command: string | undefined,
): Toolwork => {
  const { tools } = preset;
  const toStep = (each: Command, value = ""): Step => stepOf(each, { ...manager.values, value }, tools);
  const install = installOf(manager, project);
  const rule = command === undefined ? findRule(manager.build, project) : null;
  const build =
    command !== undefined
      ? { argv: buildLine(command, tools), shown: command }
      : rule === null
        ? null
        : toStep(rule.run, rule.value);
  const works = install !== null || build !== null;
  return {
    baseImage,
    programs: works
      ? [...new Set([...preset.programs, ...(install === null && rule === null ? [] : [manager.program])])].filter(
          (name) => name !== null,
        )
      : [],
    env: preset.buildEnv,
    setup: [...(preset.images.setup ?? []), ...(install === null ? [] : (manager.setup ?? []))].map((each) =>
      toStep(each),
    ),
    prepare: install === null ? [] : (manager.prepare ?? []).map((each) => toStep(each)),
    install: install === null ? null : toStep(install),
    installFrom: install === null ? null : installFilesOf(manager, project),
    build,
    finish: (rule?.followedBy ?? []).map((each) => toStep(each, rule?.value)),
  };
};

/** The image that the service runs in. */
export const planRunImage = (project: Project, { images, env, tools }: ServicePreset, baseImage: string): RunImage => ({
  baseImage,
  setup: [
    ...(images.setup ?? []),
    ...(images.runSetup ?? []).filter((rule) => readWhen(rule, project) !== null).map(({ run }) => run),
  ].map((command) => stepOf(command, {}, tools)),
  copies: images.copies ?? [],
  env,
});

const installOf = ({ lists, lockfiles, frozen, loose }: Manager, { files }: Project): Command | null => {
  if (!lists.some((name) => files.has(name))) return null;
  return lockfiles.some((name) => files.has(name)) ? frozen : loose;
};

const findRule = (
  rules: readonly BuildRule[],
  project: Project,
): (Pick<BuildRule, "run" | "followedBy"> & { value: string }) | null => {
  for (const rule of rules) {
    const value = readWhen(rule, project);
    if (value !== null)
      return { run: rule.run, ...(rule.followedBy === undefined ? {} : { followedBy: rule.followedBy }), value };
  }
  return null;
};

/** The files that dependencies depend on, so that they need not be installed again when only code has changed. */
const installFilesOf = (manager: Manager, project: Project): string[] | null => {
  const { needsSource, lists, lockfiles, settings } = manager;
  if (needsSource === true || needsSource.some((fact) => readFact(fact, project) !== null)) return null;
  return [...lists, ...lockfiles, ...settings].filter((name) => project.files.has(name)).map(normalise);
};

const stepOf = (command: Command, values: Readonly<Record<string, string>>, tools: readonly string[]): Step => {
  if ("line" in command) {
    const line = fillIn(command.line, values);
    return { argv: buildLine(line, tools), shown: command.shown ?? line };
  }
  const argv = command.map((part) => fillIn(part, values));
  return { argv, shown: argv.join(" ") };
};
