import { BuildFailure } from "../build-failure.ts";
import type { BuildSpec } from "../build-spec.ts";
import { buildLine } from "../sandbox/user-command.ts";
import { choosePackageManager, type ManagerChoice } from "./package-managers.ts";
import type { BuildPlan, Step, Toolwork } from "./plan.ts";
import { PRESETS, type Preset, type Proof, SITE_BUILDERS, SITE_FOLDER } from "./presets.ts";
import { normalise, type Project } from "./project.ts";
import { findStart } from "./start-command.ts";

export type Wishes = Pick<BuildSpec, "preset" | "buildCommand" | "startCommand">;

/** What the platform's own server for static sites is started with, in the folder it is put in. */
export const STATIC_START = ["bun", "server.ts"];

/** What the ci app's contract takes. Explanations quote scripts, which may be as long. */
const MAX_EXPLANATION = 4000;

/**
 * Decides how a project is built, and says why in plain words. Nothing is guessed twice: what is in the plan is what
 * happens.
 *
 * @throws {BuildFailure} nothing_detected, dockerfile_missing, start_command_missing
 */
export const planBuild = (project: Project, wishes: Wishes): BuildPlan => {
  const plan = decide(project, wishes);
  return { ...plan, explanation: plan.explanation.slice(0, MAX_EXPLANATION).toWellFormed() };
};

const decide = (project: Project, wishes: Wishes): BuildPlan => {
  const { preset: wanted } = wishes;
  const manager = choosePackageManager(project, wanted === "bun" || wanted === "node" ? wanted : undefined);
  const { preset, because } = choosePreset(project, manager, wishes);
  switch (preset.name) {
    case "dockerfile":
      return { preset: "dockerfile", explanation: `${because}, so the image is built as it says.` };
    case "static":
      return planSite(project, preset, manager, because, wishes);
    default:
      return planService(project, preset, manager, because, wishes);
  }
};

const choosePreset = (project: Project, manager: ManagerChoice, { preset: wanted }: Wishes) => {
  if (wanted !== undefined) {
    const preset = PRESETS.find(({ name }) => name === wanted);
    if (preset === undefined) throw new BuildFailure("source_invalid", `There is no preset "${wanted}".`);
    if (wanted === "dockerfile" && !project.files.has("Dockerfile")) {
      throw new BuildFailure("dockerfile_missing", "The service is built from a Dockerfile, but the source has none.");
    }
    return { preset, because: `The service asks for the preset "${wanted}"` };
  }
  for (const preset of PRESETS) {
    for (const proof of preset.proofs) {
      const says = checkProof(proof, project, manager);
      if (says !== null) return { preset, because: `Found ${says}` };
    }
  }
  const list = PRESETS.map(({ recognises }) => recognises).join("; ");
  throw new BuildFailure(
    "nothing_detected",
    `There is nothing here that Homeport knows how to build. It recognises: ${list}.`,
  );
};

/** What speaks for a preset, in words that follow "Found"; null when it does not hold. */
const checkProof = (proof: Proof, project: Project, { manager, because }: ManagerChoice): string | null => {
  if ("file" in proof) return project.files.has(proof.file) ? proof.says : null;
  if (project.packageJson === null) return null;
  if ("runtime" in proof) return manager.preset === proof.runtime ? `package.json ${because}` : null;
  const builder = siteBuilderOf(project);
  return builder === null || startsServer(project)
    ? null
    : `package.json with ${builder} and a build script, but nothing that starts a server`;
};

const siteBuilderOf = ({ packageJson }: Project): string | null => {
  if (packageJson?.scripts.build === undefined) return null;
  const all = { ...packageJson.dependencies, ...packageJson.devDependencies };
  return Object.keys(SITE_BUILDERS).find((name) => Object.hasOwn(all, name)) ?? null;
};

const startsServer = ({ packageJson, procfileWeb }: Project): boolean =>
  procfileWeb !== null || packageJson?.scripts.start !== undefined;

const planService = (
  project: Project,
  preset: Preset,
  manager: ManagerChoice,
  because: string,
  wishes: Wishes,
): BuildPlan => {
  const work = planWork(project, preset, manager, wishes);
  const start = findStart(project, preset, { ...wishes, willBuild: work.build !== null });
  if (start === null) {
    throw new BuildFailure(
      "start_command_missing",
      'Nothing says how the service starts. Give it a start command, or add "scripts": { "start": "…" } to package.json, or a line "web: …" to a Procfile.',
    );
  }
  const steps = [work.install, work.build].filter((step) => step !== null).map(({ shown }) => `\`${shown}\``);
  const built = steps.length === 0 ? "nothing has to be built" : `it is built with ${steps.join(" and ")}`;
  const explanation = `${because}, so this is ${preset.title}: ${built}, and it starts with ${start.from}.`;
  const name = preset.name === "bun" ? "bun" : "node";
  return { preset: name, explanation, baseImage: imageOf(preset), work, start: start.argv };
};

const planSite = (
  project: Project,
  preset: Preset,
  manager: ManagerChoice,
  because: string,
  wishes: Wishes,
): BuildPlan => {
  const work = planWork(project, preset, manager, wishes);
  const builds = work.build !== null;
  const builder = siteBuilderOf(project);
  const site = builds ? ((builder === null ? undefined : SITE_BUILDERS[builder]) ?? SITE_FOLDER) : findSite(project);
  if (site === null) {
    throw new BuildFailure("nothing_detected", "A static site needs an index.html, or a build command that makes one.");
  }
  const place = site === "" ? "the folder itself" : `the folder ${site}`;
  const steps = [work.install, work.build].filter((step) => step !== null).map(({ shown }) => `\`${shown}\``);
  const built = builds ? `it is built with ${steps.join(" and ")}, and ` : "";
  const explanation = `${because}, so this is ${preset.title}: ${built}${place} is served as it is.`;
  return {
    preset: "static",
    explanation,
    baseImage: imageOf(preset),
    work: builds ? work : null,
    site,
    start: [...STATIC_START],
  };
};

/** Where the index.html is; the empty path is the project's own folder. */
const findSite = ({ files }: Project): string | null => {
  const proofs = PRESETS.flatMap(({ name, proofs }) => (name === "static" ? proofs : []));
  const found = proofs.flatMap((proof) => ("file" in proof ? [proof.file] : [])).find((file) => files.has(file));
  return found === undefined ? null : found.split("/").slice(0, -1).join("/");
};

const imageOf = ({ baseImage }: Preset): string => baseImage ?? "";

const planWork = (project: Project, preset: Preset, { manager, lockfile }: ManagerChoice, wishes: Wishes): Toolwork => {
  const image = PRESETS.find(({ name }) => name === manager.preset)?.baseImage ?? preset.baseImage ?? "";
  const hasPackage = project.packageJson !== null;
  return {
    baseImage: image,
    program: hasPackage ? manager.program : preset.name === "bun" ? "bun" : "",
    install: hasPackage ? toStep(lockfile === null ? manager.loose : manager.frozen) : null,
    installFrom: hasPackage ? installFilesOf(project, [...manager.lockfiles, ...manager.settings]) : null,
    build: planBuildStep(project, [...manager.run], wishes.buildCommand),
  };
};

const planBuildStep = ({ packageJson }: Project, run: readonly string[], command: string | undefined): Step | null => {
  if (command !== undefined) return { argv: buildLine(command), shown: command };
  return packageJson?.scripts.build === undefined ? null : toStep([...run, "build"]);
};

const toStep = (argv: readonly string[]): Step => ({ argv, shown: argv.join(" ") });

const LIFECYCLE = ["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare"];
const LOCAL = /^(file|link|portal|patch|workspace):|^[./~]/;

/**
 * The files that dependencies depend on, so that they need not be installed again when only code changed. Null when
 * installing runs code of the project, or takes packages out of it.
 */
const installFilesOf = ({ packageJson, files }: Project, names: readonly string[]): string[] | null => {
  if (packageJson === null || packageJson.workspaces !== undefined || packageJson.patchedDependencies !== undefined)
    return null;
  if (LIFECYCLE.some((name) => packageJson.scripts[name] !== undefined)) return null;
  if ([".pnpmfile.cjs", ".yarnrc.yml", "pnpm-workspace.yaml"].some((name) => files.has(name))) return null;
  const { dependencies, devDependencies, optionalDependencies } = packageJson;
  const versions = [dependencies, devDependencies, optionalDependencies].flatMap((each) => Object.values(each));
  if (versions.some((version) => LOCAL.test(version))) return null;
  return ["package.json", ...names.filter((name) => files.has(name))].map(normalise);
};
