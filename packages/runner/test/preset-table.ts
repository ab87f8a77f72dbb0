import { expect, test } from "bun:test";
import { needsBuildKit } from "../src/adapters/docker/dockerfile-needs.ts";
import { BuildFailure } from "../src/build-failure.ts";
import { dockerfileOf } from "../src/container/dockerfile.ts";
import type { BuildPlan } from "../src/detect/plan.ts";
import { planBuild, type Wishes } from "../src/detect/plan-build.ts";
import type { Project } from "../src/detect/project.ts";
import { checkDockerfile } from "../src/dockerfile/check-dockerfile.ts";
import { readDockerfile } from "../src/dockerfile/read-dockerfile.ts";

/** The parts of a plan that people would argue about. */
export type Planned = {
  preset: string;
  /** Images of the stage that builds and of the one that runs. */
  images: [string, string];
  /** What brings the tools into the image, prepares, installs, builds, and follows the build. */
  steps: string[];
  /** Null: it needs the whole source. */
  installFrom?: readonly string[] | null;
  /** The last line of the shell's, where a shell starts it. */
  start: string;
};

export type PresetRow = {
  name: string;
  project: Project;
  wishes?: Wishes;
  plan: Partial<Planned>;
  says?: RegExp;
  notes?: readonly (string | RegExp)[];
};

/** A test for each row: what is planned, why, and that its Dockerfile is one that the platform itself would build. */
export const testPresets = (rows: readonly PresetRow[]): void => {
  for (const { name, project, wishes, plan, says, notes } of rows) {
    test(name, () => {
      const planned = planBuild(project, wishes ?? {});
      expect(summaryOf(planned)).toMatchObject(plan);
      if (says !== undefined) expect(planned.explanation).toMatch(says);
      for (const [at, note] of (notes ?? []).entries()) expect(planned.notes[at]).toMatch(note);
      if (planned.kind === "service") expect(planned.notes).toHaveLength(notes?.length ?? planned.notes.length);
      if (planned.kind !== "dockerfile") checkText(dockerfileOf(planned, ["npm_config_registry"]));
    });
  }
};

export const failureOf = (project: Project, wishes: Wishes = {}): BuildFailure["reason"] => {
  try {
    planBuild(project, wishes);
  } catch (err) {
    if (err instanceof BuildFailure) return err.reason;
    throw err;
  }
  throw new Error("it was planned");
};

const summaryOf = (plan: BuildPlan): Partial<Planned> => {
  if (plan.kind !== "service") return { preset: plan.preset };
  const { work, image, start } = plan;
  const steps = [...work.setup, ...work.prepare, work.install, work.build, ...work.finish];
  return {
    preset: plan.preset,
    images: [work.baseImage, image.baseImage],
    steps: steps.filter((step) => step !== null).map(({ shown }) => shown),
    installFrom: work.installFrom,
    start: start[0] === "/bin/sh" ? (start.at(-1)?.split("\n").at(-1) ?? "") : start.join(" "),
  };
};

const checkText = (text: string): void => {
  expect(needsBuildKit(text)).toBe(false);
  const file = readDockerfile(text);
  checkDockerfile(file, { registry: "127.0.0.1:5000", organisation: "home", buildArgs: {} });
  expect(file.instructions[0]?.keyword).toBe("FROM");
  expect(file.instructions.at(-1)?.keyword).toBe("CMD");
  expect(file.instructions.filter(({ keyword }) => keyword === "USER").map(({ rest }) => rest)).toEqual(["1000:1000"]);
  for (const { keyword, rest } of file.instructions) {
    if (keyword === "RUN" || keyword === "CMD") expect(JSON.parse(rest)).toBeArray();
  }
};
