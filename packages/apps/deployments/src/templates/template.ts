import type { Generator } from "../change.ts";
import type { TemplateName } from "../template-name.ts";

/** A variable of the database itself: the same everywhere, or made up when it is added, and then nobody has to see it. */
export type TemplateVariable = { kind: "literal"; value: string } | { kind: "generated"; generator: Generator };

/**
 * A kind of database as data: all that a service of it is made with. Whoever reads one file of this folder knows what runs.
 * Images are those of their makers; the tag of a version is the version.
 */
export type Template = {
  name: TemplateName;
  title: string;
  /** One sentence: what it is good for. */
  description: string;
  image: string;
  /** Newest first; the first is taken unless another one is named. */
  versions: readonly [string, ...string[]];
  port: number;
  /** How long its first start may take, which makes the files. */
  startSeconds: number;
  /** How long it may take to write what it has in memory when it is stopped. */
  graceSeconds: number;
  memoryMiB: number;
  /** Where its files are. `path` is the same in all versions. */
  volume: { slug: string; path: string };
  variables: Readonly<Record<string, TemplateVariable>>;
  /** What a service that is bound to it gets, by name: an expression over the variables above, HOST and PORT. */
  exports: Readonly<Record<string, string>>;
  /** Instead of the image's own. */
  startCommand?: string;
};

export const exportNames = ({ exports }: Pick<Template, "exports">): string[] => Object.keys(exports).sort();
