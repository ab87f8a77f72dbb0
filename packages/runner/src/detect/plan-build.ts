import { invariant } from "@homeport/kit/errors.ts";
import { BuildFailure } from "../build-failure.ts";
import type { BuildSpec } from "../build-spec.ts";
import { type Choice, chooseManager, choosePreset, presetNamed } from "./choose.ts";
import { readFact } from "./evaluate.ts";
import type { BuildPlan, Toolwork } from "./plan.ts";
import { planRunImage, planWork } from "./plan-work.ts";
import type { ServicePreset, SitePreset } from "./preset.ts";
import type { Project } from "./project.ts";
import { findStart } from "./start-command.ts";
import { type ChosenVersion, chooseVersion, imagesOf } from "./versions.ts";

/** `output` decides where several programs could start a service; a container unless given. */
export type Wishes = Pick<BuildSpec, "preset" | "buildCommand" | "startCommand"> & Partial<Pick<BuildSpec, "output">>;

/** What the platform's own server for static sites is started with, in the folder it is put in. */
export const STATIC_START = ["bun", "server.ts"];

/** What the ci app's contract takes. Explanations quote scripts, which may be as long. */
const MAX_EXPLANATION = 4000;
/** Enough to see what else there is; a source may prove all presets. */
const MAX_PASSED_OVER = 5;

/**
 * Decides how a project is built, and says why in plain words. Nothing is guessed twice: what is in the plan is what
 * happens.
 *
 * @throws {BuildFailure} nothing_detected, dockerfile_missing, start_command_missing
 */
export const planBuild = (project: Project, wishes: Wishes): BuildPlan => {
  const choice = choosePreset(project, wishes.preset);
  const plan = decide(project, choice, wishes);
  const notes = [...plan.notes, ...tellPassedOver(project, choice, wishes)];
  return { ...plan, notes, explanation: plan.explanation.slice(0, MAX_EXPLANATION).toWellFormed() };
};

/** The explanation with its notes, as long as the contract takes. */
export const explain = ({ explanation, notes }: BuildPlan): string =>
  [explanation, ...notes].join(" ").slice(0, MAX_EXPLANATION).toWellFormed();

const decide = (project: Project, { preset, because }: Choice, wishes: Wishes): BuildPlan => {
  switch (preset.kind) {
    case "dockerfile":
      return {
        kind: "dockerfile",
        preset: "dockerfile",
        explanation: `${because}, so the image is built as it says.`,
        notes: [],
      };
    case "site":
      return planSite(project, preset, because, wishes);
    case "service":
      return planService(project, preset, because, wishes);
  }
};

const planService = (project: Project, preset: ServicePreset, because: string, wishes: Wishes): BuildPlan => {
  const { output = "container" } = wishes;
  const { manager } = chooseManager([preset], project);
  const chosen = chooseVersion(preset.versions, project);
  const images = imagesOf(preset.images, manager, chosen.version);
  const work = planWork(project, preset, manager, images.build, wishes.buildCommand);
  const start = findStart(project, preset, manager, { ...wishes, output, willBuild: work.build !== null });
  if (start === null) {
    throw new BuildFailure(
      "start_command_missing",
      `Nothing says how the service starts. Give it a start command, or ${preset.hint}, or a line "web: …" to a Procfile.`,
    );
  }
  const built = tellSteps(work) ?? "nothing has to be built";
  return {
    kind: "service",
    preset: preset.name,
    explanation: `${because}, so this is ${preset.title}: ${built}, and it starts with ${start.from}.`,
    notes: [tellVersion(chosen, output), start.note].filter((note) => note !== undefined),
    image: planRunImage(project, preset, images.run),
    work,
    start: start.argv,
  };
};

const planSite = (project: Project, preset: SitePreset, because: string, wishes: Wishes): BuildPlan => {
  const work = planSiteWork(project, preset, wishes.buildCommand);
  const site = work === null ? findSite(project, preset) : builtFolder(project, preset);
  if (site === null) {
    throw new BuildFailure("nothing_detected", "A static site needs an index.html, or a build command that makes one.");
  }
  const place = site === "" ? "the folder itself" : `the folder ${site}`;
  const steps = work === null ? null : tellSteps(work);
  return {
    kind: "site",
    preset: "static",
    explanation: `${because}, so this is ${preset.title}: ${steps === null ? "" : `${steps}, and `}${place} is served as it is.`,
    notes: [],
    baseImage: preset.image,
    work,
    site,
    start: [...STATIC_START],
  };
};

/** A site is built by a command that was asked for, or by package.json; null when its pages are there already. */
const planSiteWork = (project: Project, { builtWith }: SitePreset, command: string | undefined): Toolwork | null => {
  const [first, ...others] = builtWith.map(presetNamed).filter((each) => each.kind === "service");
  invariant(first !== undefined, "a site is built with some preset of services");
  const { preset, manager } = chooseManager([first, ...others], project);
  const { version } = chooseVersion(preset.versions, project);
  const work = planWork(project, preset, manager, imagesOf(preset.images, manager, version).build, command);
  return work.build === null ? null : work;
};

const builtFolder = (project: Project, { builders, folder }: SitePreset): string => {
  const builder = Object.keys(builders).find((dependency) => readFact({ dependency }, project) !== null);
  return (builder === undefined ? undefined : builders[builder]) ?? folder;
};

/** Where the index.html is; the empty path is the project's own folder. */
const findSite = ({ files }: Project, { pages }: SitePreset): string | null => {
  const found = pages.find((page) => files.has(page));
  return found === undefined ? null : found.split("/").slice(0, -1).join("/");
};

const tellSteps = ({ install, build }: Toolwork): string | null => {
  const steps = [install, build].filter((step) => step !== null).map(({ shown }) => `\`${shown}\``);
  return steps.length === 0 ? null : `it is built with ${steps.join(" and ")}`;
};

const tellVersion = (chosen: ChosenVersion, output: "container" | "process"): string | undefined => {
  const { asked, version, isKnown } = chosen;
  if (asked === null) return undefined;
  if (output === "process") return `${asked}; as a process it runs with what this machine has.`;
  if (isKnown) return `${asked}, so images of ${version} are used.`;
  return `${asked}, which no preset has an image of, so ${version} is used; a Dockerfile can name any image.`;
};

const tellPassedOver = (
  project: Project,
  { preset, passedOver }: Choice,
  { preset: wanted, startCommand }: Wishes,
): string[] => {
  const because = wanted === undefined ? `${preset.title} comes first` : "the service asks for a preset";
  const shown = passedOver.slice(0, MAX_PASSED_OVER);
  const others = shown.length === 0 ? [] : [`Not taken, because ${because}: ${shown.join("; ")}.`];
  const procfile =
    project.procfileWeb !== null && startCommand !== undefined && preset.kind === "service"
      ? ["Not taken, because the service has a start command: the web line of the Procfile."]
      : [];
  return [...others, ...procfile];
};
