import type { PresetName } from "./presets.ts";

/** One command of a build; `shown` is what people read. */
export type Step = { argv: readonly string[]; shown: string };

/** Installing and building a project of JavaScript. */
export type Toolwork = {
  baseImage: string;
  /** What has to be there where it runs: `bun`, `npm`, `corepack`. */
  program: string;
  install: Step | null;
  /** The files that installing needs; null when it needs the whole source. */
  installFrom: readonly string[] | null;
  build: Step | null;
};

type Common = { preset: PresetName; explanation: string };

/** What is going to be done, decided before anything of the project runs. */
export type BuildPlan =
  | (Common & { preset: "dockerfile" })
  | (Common & { preset: "bun" | "node"; baseImage: string; work: Toolwork; start: string[] })
  | (Common & {
      preset: "static";
      baseImage: string;

      work: Toolwork | null;
      site: string;
      start: string[];
    });
