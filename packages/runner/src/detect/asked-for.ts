import { PRESETS } from "./presets/all.ts";

/** Which paths below the project's folder some preset asks for; one may have a `*`. */
export const filesAskedFor = (): readonly string[] => asked.files;

/** Which files some preset reads. */
export const textsAskedFor = (): readonly string[] => asked.texts;

/** Presets are plain data, so what they ask for is found by walking through it: no list has to be kept beside them. */
const walk = (value: unknown, files: Set<string>, texts: Set<string>): void => {
  if (typeof value !== "object" || value === null || value instanceof RegExp) return;
  if ("file" in value && typeof value.file === "string") files.add(value.file);
  if ("text" in value && typeof value.text === "string") texts.add(value.text);
  if ("files" in value && Array.isArray(value.files)) {
    for (const path of value.files as string[]) {
      files.add(path);
      if ("matches" in value) texts.add(path);
    }
  }
  if ("pages" in value && Array.isArray(value.pages)) for (const path of value.pages as string[]) files.add(path);
  for (const inner of Object.values(value)) walk(inner, files, texts);
};

const gather = (): { files: readonly string[]; texts: readonly string[] } => {
  const files = new Set<string>();
  const texts = new Set<string>();
  walk(PRESETS, files, texts);
  // Files of the project's own folder are listed anyway.
  const below = [...files, ...texts].filter((path) => path.includes("/"));
  return { files: [...new Set(below)], texts: [...texts] };
};

const asked = gather();
