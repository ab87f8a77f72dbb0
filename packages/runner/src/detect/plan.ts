import type { ServiceName } from "./preset.ts";

/** One command of a build; `shown` is what people read. */
export type Step = { argv: readonly string[]; shown: string };

/** Installing and building a project, where its source is. */
export type Toolwork = {
  /** Image of the stage that builds. */
  baseImage: string;
  /** Programs that the machine needs where no image brings them. */
  programs: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Makes the image of the build stage ready; a machine is as it is. */
  setup: readonly Step[];
  /** Comes before installing, and with it. */
  prepare: readonly Step[];
  install: Step | null;
  /** The files that installing needs; null when it needs the whole source. */
  installFrom: readonly string[] | null;
  build: Step | null;
  /** Comes after the build. */
  finish: readonly Step[];
};

/** The image of a service, besides its files. */
export type RunImage = {
  baseImage: string;
  setup: readonly Step[];
  /** Files that the image of the build stage has and this one lacks. */
  copies: readonly string[];
  env: Readonly<Record<string, string>>;
};

type Common = {
  explanation: string;
  /** Sentences about what else was found, and what people should know. */
  notes: readonly string[];
};

/** What is going to be done, decided before anything of the project runs. */
export type BuildPlan =
  | (Common & { kind: "dockerfile"; preset: "dockerfile" })
  | (Common & {
      kind: "service";
      preset: ServiceName;
      image: RunImage;
      work: Toolwork;
      start: string[];
    })
  | (Common & {
      kind: "site";
      preset: "static";
      baseImage: string;
      work: Toolwork | null;
      /** The folder that is served, below the project's; empty for the project's own. */
      site: string;
      start: string[];
    });
