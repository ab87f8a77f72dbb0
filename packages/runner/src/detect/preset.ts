import type { BuildSpec } from "../build-spec.ts";
import type { Fact, When } from "./fact.ts";

/** The names are the contract's: a preset that nobody can ask for does not compile. */
export type PresetName = NonNullable<BuildSpec["preset"]>;

/**
 * What speaks for a preset, in words that follow "Found"; `{value}` is what was found. The proof with the highest
 * `priority` wins: 1000 a Dockerfile, 150 a framework that is one thing only, 120 a program of a compiled language,
 * 110 to 100 what settles how package.json is meant, 95 to 70 package.json, 60 and less a list of dependencies,
 * 10 and less pages.
 */
export type Proof = When & { priority: number; says: string };

/**
 * A command of a build: a program with its arguments, or a line for a shell. `{name}` is filled in from what was found;
 * values come from patterns that let nothing through that a shell would notice.
 */
export type Command = readonly string[] | { line: string; shown?: string };

export type BuildRule = When & {
  run: Command /** Follows the command, and goes with it when another is asked for. */;
  followedBy?: readonly Command[];
};

/** How the dependencies of a project are installed and how it is built. */
export type Manager = {
  name: string;
  /** The program that has to be there; null when the runtime is enough. */
  program: string | null;
  /** Those that speak for the preset as well; the strongest that holds chooses the manager. A last one may have none. */
  proofs: readonly Proof[];
  /** What is to be installed; without any of them nothing is. */
  lists: readonly string[];
  lockfiles: readonly string[];
  /** Other files that change what is installed. */
  settings: readonly string[];
  /** Images only: brings the program into the build stage. */
  setup?: readonly Command[];
  /** Runs before installing, where the project is. */
  prepare?: readonly Command[];
  /** Exactly what the lockfile says; the same as `loose` where there is no such thing. Null: nothing to install. */
  frozen: Command | null;
  loose: Command | null;
  /** Installing needs more than the lists when one of these holds; `true` when it always does. */
  needsSource: readonly Fact[] | true;
  /** The first that holds. */
  build: readonly BuildRule[];
  /** More to fill in: `python` -> `.venv/bin/python`. */
  values?: Readonly<Record<string, string>>;
  /** Instead of the preset's image of the build stage. */
  buildImage?: string;
};

/** How a service starts; the first that holds. `says` follows "it starts with". */
export type StartRule = When & {
  /** Only with this output; both unless given. */
  output?: "container" | "process";
  /**
   * A file of the project: the first of `files` that is there (and matches), or the one that a fact names. Gives
   * `{path}`, `{module}` (dots for slashes, no ending), and `{value}` when it matches something.
   */
  entry?: { files: readonly string[]; matches?: RegExp } | { named: Fact };
  run: Command;
  /** A line that has to succeed first. */
  before?: Fact;
  says: string;
  /** What people should know of it. */
  note?: string;
};

/** Versions by what a project asks for. Only tags that the image's makers publish are made. */
export type Versions = {
  /** What the runtime is called: "Node". */
  of: string;
  /** Newest first. */
  lines: readonly string[];
  /** One of the lines. */
  usual: string;
  /** Whether there are images of no other lines. */
  isClosed?: boolean;
  /** The parts that a tag may have: `[1, 3]` for 22, 22.1 and 22.1.0. */
  parts: readonly [least: number, most: number];
  /** Where a version is asked for, the strongest first. `exactly` is a version; the others are ranges of these dialects. */
  pins: readonly { from: Fact; as: "exactly" | "at-least" | "npm" | "python" | "ruby" | "composer"; where: string }[];
};

/** `{version}` is what Versions chose. */
export type Images = {
  build: string;
  run: string;
  /** Runs in both stages, before anything of the project is there. */
  setup?: readonly Command[];
  /** Runs in the stage that is kept. */
  runSetup?: readonly (When & { run: Command })[];
  /** Files of the build stage's image that the other one lacks. */
  copies?: readonly string[];
};

export type ServiceName = Exclude<PresetName, "static" | "dockerfile">;

type Common = {
  /** "so this is …" */
  title: string;
  /** What would be recognised, for the error when nothing is. */
  recognises: string;
  proofs: readonly Proof[];
};

/** A program that listens. */
export type ServicePreset = Common & {
  kind: "service";
  name: ServiceName;
  images: Images;
  versions: Versions;
  /** Programs of the machine that build and run it as a process. */
  programs: readonly string[];
  managers: readonly [Manager, ...Manager[]];
  starts: readonly StartRule[];
  /** What to add when nothing says how it starts. */
  hint: string;
  /** Variables of the running service. */
  env: Readonly<Record<string, string>>;
  /** Variables of the build. */
  buildEnv: Readonly<Record<string, string>>;
  /** Variables that name folders which an organisation's builds share; `{cache}` is where they are. */
  caches: Readonly<Record<string, string>>;
  /** Folders of the project with programs that dependencies bring. */
  tools: readonly string[];
};

/** Files that the platform's own server serves. */
export type SitePreset = Common & {
  kind: "site";
  name: "static";
  /** Presets whose managers build it, when a package.json does. */
  builtWith: readonly ServiceName[];
  /** Packages whose `build` script makes a site, and the folder they make it in unless configured otherwise. */
  builders: Readonly<Record<string, string>>;
  /** Where a site is when its builder is not known. */
  folder: string;
  /** Where pages are looked for that nobody builds; the last part is the page. */
  pages: readonly string[];
  image: string;
};

/** A project that says itself how it is built. */
export type DockerfilePreset = Common & { kind: "dockerfile"; name: "dockerfile"; file: string };

/** A way to build a project. Everything that differs between them is data; plan-build.ts reads it. */
export type Preset = ServicePreset | SitePreset | DockerfilePreset;
