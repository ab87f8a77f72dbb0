import { fillIn } from "./evaluate.ts";
import { PRESETS } from "./presets/all.ts";

/** The variables by which every package manager that a preset knows keeps its downloads below `folder`. */
export const cacheVariables = (folder: string): Record<string, string> =>
  Object.fromEntries(
    PRESETS.flatMap((preset) => (preset.kind === "service" ? Object.entries(preset.caches) : [])).map(
      ([name, place]): [string, string] => [name, fillIn(place, { cache: folder })],
    ),
  );
