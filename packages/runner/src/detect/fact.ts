/**
 * What a source shows, as data: the words that presets are written in. `readFact` (evaluate.ts) says whether one holds
 * and gives its value: what the first group of `matches` caught, else all that it matched.
 */
export type Fact =
  /** A regular file at this path. One `*` stands for one name, whose text is the value; else the value is the path. */
  | { file: string }
  /** A file whose text matches. Texts are read to MAX_TEXT_BYTES; patterns have to be linear. */
  | { text: string; matches: RegExp }
  /** A field of package.json, by its path; with `matches`, a text that does. */
  | { packageJson: readonly [string, ...string[]]; matches?: RegExp }
  /** A package that package.json depends on, for running or for developing; the value is its name. */
  | { dependency: string }
  /** Some version in package.json's lists matches. */
  | { dependencyVersion: RegExp }
  /** package.json has exactly one dependency; the value is its name. */
  | { onlyDependency: true }
  /** The `web` line of the Procfile; the value is its command. */
  | { procfile: "web" }
  /** One of these; the value is that of the first that holds. */
  | { either: readonly Fact[] };

/**
 * All of `all`, one of `any`, none of `none`; nothing asked for always holds. The value is that of the first of `any`
 * that holds, else of the first of `all`.
 */
export type When = { all?: readonly Fact[]; any?: readonly Fact[]; none?: readonly Fact[] };
