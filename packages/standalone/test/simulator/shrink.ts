import type { Rules } from "./rules.ts";
import type { Item, Script } from "./script.ts";
import { simulate } from "./simulate.ts";

const MAX_RUNS = 200;

/** The fewest wishes and faults of a script that still break the same rule, as far as leaving out one after the other finds. */
export const shrink = (script: Script, rule: string, rules: Rules): Script => {
  let items: readonly Item[] = script.items;
  let runs = 0;
  for (let isShorter = true; isShorter; ) {
    isShorter = false;
    for (const item of items.toReversed()) {
      if (runs++ >= MAX_RUNS) return { ...script, items: [...items] };
      const fewer = items.filter((each) => each !== item);
      if (simulate(script, { rules, items: fewer }).violation?.rule !== rule) continue;
      items = fewer;
      isShorter = true;
    }
  }
  return { ...script, items: [...items] };
};
