import { fillIn, readFact } from "./evaluate.ts";
import type { Images, Manager, Versions } from "./preset.ts";
import type { Project } from "./project.ts";

/**
 * The version of a runtime that images are made with. `asked`: "where asks for what", null when nobody asked. `isKnown`:
 * whether what was asked for can be had.
 */
export type ChosenVersion = { version: string; asked: string | null; isKnown: boolean };

/** What tags of images look like, whatever a source says. */
const VERSION = /^\d{1,4}(\.\d{1,6}){0,2}$/;
const MAX_SHOWN = 60;

/** Chooses by the first pin that says anything; where that cannot be had, the usual version is taken. */
export const chooseVersion = (versions: Versions, project: Project): ChosenVersion => {
  for (const { from, as, where } of versions.pins) {
    const text = readFact(from, project)?.trim();
    if (text === undefined || text === "") continue;
    const asked = `${where} asks for ${versions.of} ${shorten(text)}`;
    const version = as === "exactly" ? exactly(versions, text) : inRange(versions, toRange(as, text));
    return { version: version ?? versions.usual, asked, isKnown: version !== null };
  }
  return { version: versions.usual, asked: null, isKnown: true };
};

/** Images with their version filled in; `manager` may build in one of its own. */
export const imagesOf = (images: Images, manager: Manager, version: string): { build: string; run: string } => ({
  build: fillIn(manager.buildImage ?? images.build, { version }),
  run: fillIn(images.run, { version }),
});

/** A version that is named is taken as it is, when tags of its kind exist: makers keep old versions. */
const exactly = ({ lines, isClosed, parts: [least, most] }: Versions, asked: string): string | null => {
  if (!VERSION.test(asked)) return null;
  if (isClosed === true && !lines.some((line) => asked === line || asked.startsWith(`${line}.`))) return null;
  const parts = asked.split(".");
  if (parts.length < least) return lines.find((line) => line === asked || line.startsWith(`${asked}.`)) ?? null;
  return parts.slice(0, most).join(".");
};

/**
 * The usual line where the range allows its newest, else the newest line that the range allows, else a version that the
 * range itself names.
 */
const inRange = (versions: Versions, range: string): string | null => {
  const { lines, usual } = versions;
  const newest = (line: string) => [...line.split("."), "99999", "99999"].slice(0, 3).join(".");
  if (satisfies(newest(usual), range)) return usual;
  const line = lines.find((each) => satisfies(newest(each), range));
  if (line !== undefined) return line;
  const named = range.match(/\d+(\.\d+){0,2}/g) ?? [];
  const one = named.find((each) => satisfies([...each.split("."), "0", "0"].slice(0, 3).join("."), range));
  return one === undefined ? null : exactly(versions, one);
};

const satisfies = (version: string, range: string): boolean => {
  try {
    return Bun.semver.satisfies(version, range);
  } catch {
    return false; // no range at all
  }
};

/** Ranges of other worlds, as npm writes them. */
const toRange = (dialect: "at-least" | "npm" | "python" | "ruby" | "composer", asked: string): string => {
  const text = asked.slice(0, 200);
  switch (dialect) {
    case "at-least":
      return `>=${text}`;
    case "npm":
      return text;
    case "composer":
      return text
        .replace(/\s*\|{1,2}\s*/g, " || ")
        .replace(/,/g, " ")
        .replace(/\.\*/g, ".x");
    case "ruby":
    case "python":
      return text
        .split(",")
        .map((part) => clause(part.trim()))
        .join(" ");
  }
};

/** `~=3.11` and `~> 3.11` allow 3.12 and `~=3.11.2` does not: the last part named may grow. */
const clause = (text: string): string => {
  const compatible = /^~[=>]\s*(\d+(?:\.\d+)*)/.exec(text)?.[1];
  if (compatible !== undefined) return compatible.split(".").length > 2 ? `~${compatible}` : `^${compatible}`;
  if (text.startsWith("!=")) return ""; // one version less is no reason for another line
  return text.replace(/^={1,3}\s*/, "").replace(/\.\*$/, ".x");
};

const shorten = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
