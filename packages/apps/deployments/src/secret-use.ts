import { z } from "zod";

/** How a service gets the items of a group: as variables of its environment, or each as a file of a folder. */
export type SecretUse = { as: "variables"; prefix: string } | { as: "files"; directory: string };

/** What a request says of it: the group's own folder, unless it names another. */
export const toUse = (
  slug: string,
  use: { as: "variables"; prefix: string } | { as: "files"; directory?: string | undefined },
): SecretUse => (use.as === "variables" ? use : { as: "files", directory: use.directory ?? `/run/secrets/${slug}` });

export const Prefix = z
  .string()
  .regex(/^([A-Za-z_][A-Za-z0-9_]{0,39})?$/, "use letters, digits and _, not starting with a digit");

/** What a service sees in such a folder are the files and nothing else, so the system's own folders are not for it. */
const SYSTEM = new Set([
  "bin",
  "boot",
  "etc",
  "home",
  "lib",
  "lib64",
  "opt",
  "root",
  "run",
  "sbin",
  "srv",
  "usr",
  "var",
]);
const KERNEL = /^\/(proc|sys|dev|tmp|\.homeport)(\/|$)/;

export const Directory = z
  .string()
  .max(200)
  .regex(/^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]{1,100}){1,8}$/, "use an absolute path such as /run/secrets/database")
  .refine(
    (path) => !KERNEL.test(path) && !SYSTEM.has(path.slice(1)),
    "use a folder of its own, such as /run/secrets/database",
  );

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** The name of the variable that an item becomes; null for what cannot be one, and for PORT, which is Homeport's. */
export const variableOf = (prefix: string, name: string): string | null => {
  const variable = prefix + name;
  return VARIABLE.test(variable) && variable !== "PORT" ? variable : null;
};

export const fileOf = (directory: string, name: string): string => `${directory}/${name}`;

/** A group as a service uses it. */
export type UsedGroup = { slug: string; use: SecretUse; names: readonly string[] };

/** Two groups of one service that want the same place; the sentence says which. Null when there are none. */
export const findConflict = (groups: readonly UsedGroup[]): string | null => {
  const owners = new Map<string, string>();
  for (const { slug, place, what } of groups.flatMap(placesOf)) {
    const owner = owners.get(place);
    if (owner !== undefined && owner !== slug) return `Both ${owner} and ${slug} have ${what}.`;
    owners.set(place, slug);
  }
  for (const { slug, use } of groups) {
    if (use.as !== "files") continue;
    const inTheWay = foldersOf(use.directory).find((path) => owners.has(path));
    if (inTheWay !== undefined) {
      return `${inTheWay} is a file of ${owners.get(inTheWay)}, and has to be a folder for ${slug}.`;
    }
  }
  return null;
};

/** Names of variables have no slash, paths begin with one. */
const placesOf = ({ slug, use, names }: UsedGroup): { slug: string; place: string; what: string }[] =>
  names.flatMap((name) => {
    if (use.as === "files") {
      const path = fileOf(use.directory, name);
      return [{ slug, place: path, what: `the file ${path}` }];
    }
    const variable = variableOf(use.prefix, name);
    return variable === null ? [] : [{ slug, place: variable, what: `the variable ${variable}` }];
  });

/** A folder and those around it. */
const foldersOf = (directory: string): string[] => {
  const names = directory.split("/").slice(1);
  return names.map((_, index) => `/${names.slice(0, index + 1).join("/")}`);
};
