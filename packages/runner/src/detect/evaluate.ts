import { invariant } from "@homeport/kit/errors.ts";
import type { Fact, When } from "./fact.ts";
import type { Project } from "./project.ts";

/** The value of a fact (fact.ts), or null when it does not hold. */
export const readFact = (fact: Fact, project: Project): string | null => {
  const { files, texts, packageJson, procfileWeb } = project;
  if ("file" in fact)
    return fact.file.includes("*") ? matchFile(fact.file, files) : files.has(fact.file) ? fact.file : null;
  if ("text" in fact) return caught(fact.matches.exec(texts.get(fact.text) ?? ""));
  if ("either" in fact) return firstValue(fact.either, project);
  if ("procfile" in fact) return procfileWeb;
  if (packageJson === null) return null;
  if ("packageJson" in fact) {
    const field = fieldOf(packageJson, fact.packageJson);
    if (fact.matches === undefined) return field === undefined ? null : String(field);
    return typeof field === "string" ? caught(fact.matches.exec(field)) : null;
  }
  const { dependencies, devDependencies, optionalDependencies } = packageJson;
  if ("dependency" in fact) {
    return [dependencies, devDependencies].some((all) => Object.hasOwn(all, fact.dependency)) ? fact.dependency : null;
  }
  if ("dependencyVersion" in fact) {
    const versions = [dependencies, devDependencies, optionalDependencies].flatMap((all) => Object.values(all));
    return versions.find((version) => fact.dependencyVersion.test(version)) ?? null;
  }
  const names = Object.keys(dependencies);
  return names.length === 1 ? (names[0] ?? null) : null;
};

/** The value of what was asked for (`""` when nothing was), or null when it does not hold. */
export const readWhen = ({ all = [], any = [], none = [] }: When, project: Project): string | null => {
  const values = all.map((fact) => readFact(fact, project));
  if (values.includes(null) || none.some((fact) => readFact(fact, project) !== null)) return null;
  return any.length === 0 ? (values[0] ?? "") : firstValue(any, project);
};

/** Puts values in the places of their names: `{path}`. What is put in is not looked at again. */
export const fillIn = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    invariant(value !== undefined, "a preset names what its own rules give");
    return value;
  });

const firstValue = (facts: readonly Fact[], project: Project): string | null => {
  for (const fact of facts) {
    const value = readFact(fact, project);
    if (value !== null) return value;
  }
  return null;
};

const caught = (match: RegExpExecArray | null): string | null => (match === null ? null : (match[1] ?? match[0]));

/** The text in place of the one `*` of the first path that fits, in the order of the alphabet. */
const matchFile = (pattern: string, files: ReadonlySet<string>): string | null => {
  const [before = "", after = ""] = pattern.split("*");
  const names = [...files].filter((path) => path.startsWith(before) && path.endsWith(after));
  const found = names.map((path) => path.slice(before.length, path.length - after.length)).sort();
  return found.find((name) => /^\w[\w.-]{0,60}$/.test(name)) ?? null;
};

const fieldOf = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Record<string, unknown>)[key]
        : undefined,
    value,
  );
