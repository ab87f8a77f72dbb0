import { join } from "node:path";
import { allEnv, type EnvEntry } from "../env.ts";
import { checkGenerated, type Generated, markdownTable } from "./generated.ts";
import type { Tree } from "./tree.ts";
import { lineOf, type Violation } from "./violation.ts";

const FILE = "references/env-reference.md";
const CONFIG = /^packages\/(apps\/)?[^/]+\/src\/(config|env)\.ts$/;
/** Where variables are declared: those that only give a setting its first value are declared with the setting. */
const DECLARES = /^packages\/(apps\/)?[^/]+\/src\/(config|env|settings|manifest)\.ts$/;

/** Names that Homeport shares with other software; all others start with HOMEPORT_. */
const PLAIN_NAMES = new Set([
  "DATABASE_URL",
  "REDIS_URL",
  "APP_SECRET",
  "APP_SECRET_PREVIOUS",
  "APP_URL",
  "DOCKER_HOST",
  "HOME",
  "NO_COLOR",
  "CI",
]);
const NAME = /^(HOMEPORT|XDG)_[A-Z0-9_]+$/;

/** Loads every config.ts, which declares its variables by being loaded, as manifests are already, and returns them all. */
export const loadEnv = async (tree: Tree): Promise<EnvEntry[]> => {
  for (const path of tree.files.keys()) if (CONFIG.test(path)) await import(join(tree.root, path));
  return allEnv();
};

/** references/env-reference.md lists exactly the variables that the code declares, each under an allowed name. */
export const checkEnv = (tree: Tree, entries: readonly EnvEntry[]): Violation[] => [
  ...entries.flatMap((entry) => [
    ...(isAllowedName(entry.name)
      ? []
      : [nameViolation(tree, entry, "is no name of ours.", "Start it with HOMEPORT_.")]),
    ...(entry.description.trim() === ""
      ? [nameViolation(tree, entry, "has no description.", "Say what it changes, and its unit.")]
      : []),
  ]),
  ...checkGenerated(tree, "env-reference", envReference(entries)),
];

export const envReference = (entries: readonly EnvEntry[]): Generated => {
  const owners = [...new Set(entries.map(({ owner }) => owner))].sort(
    (a, b) => rank(a) - rank(b) || a.localeCompare(b),
  );
  const sections = owners.map((owner) =>
    sectionOf(
      owner,
      entries.filter((entry) => entry.owner === owner),
    ),
  );
  return { file: FILE, marker: null, content: `${INTRO}\n${sections.join("\n")}` };
};

const INTRO = `<!-- Generated from every config.ts by \`bun packages/kit/src/checks/cli.ts --write\`. Do not edit. -->

# Environment variables

Each variable is declared once, in the \`config.ts\` of the package that reads it, or with the setting whose first value it is (settings.md);
a check fails when this page and the code differ.
A variable that is wrong or missing keeps its process from starting, and the message names it. An empty value means "not set".
`;

const sectionOf = (owner: string, entries: readonly EnvEntry[]): string => {
  const rows = entries.map(({ name, description, default: fallback, required, secret }) => [
    `\`${name}\``,
    required ? "required" : fallback === null ? "not set" : `\`${fallback}\``,
    secret ? "yes" : "",
    description,
  ]);
  return `## ${owner === "kit" ? "Every process" : owner}\n\n${markdownTable(["variable", "default", "secret", "meaning"], rows)}`;
};

/** What every process reads comes first. */
const rank = (owner: string): number => (owner === "kit" ? 0 : 1);

const isAllowedName = (name: string): boolean => PLAIN_NAMES.has(name) || NAME.test(name);

const nameViolation = (tree: Tree, entry: EnvEntry, problem: string, instead: string): Violation => {
  const file = [...tree.files.values()].find(({ path, text }) => DECLARES.test(path) && text.includes(entry.name));
  return {
    rule: "env-reference",
    file: file?.path ?? FILE,
    line: file === undefined ? 1 : lineOf(file.text, entry.name),
    problem: `${entry.name} ${problem}`,
    instead,
  };
};
