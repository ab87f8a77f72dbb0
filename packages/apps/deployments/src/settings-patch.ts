import type { Settings, SettingsPatch } from "./settings.ts";

/** What turns some settings into others, and nothing else: who changes something else meanwhile does not lose it. */
export const patchBetween = (before: Settings, after: Settings): SettingsPatch => {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Settings>;
  const changed = [...names].filter((name) => !Bun.deepEquals(before[name], after[name]));
  return Object.fromEntries(changed.map((name) => [name, after[name] ?? null])) as SettingsPatch;
};
