import { REAL, type Rules } from "./rules.ts";
import { type Script, writeScript } from "./script.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";

export type Found = { seed: number; text: string; script: Script };
export type Played = { seeds: number; events: number; found: Found | null; longestMs: number };

/** So many at once, then others of the process have their turn. */
const CHUNK = 100;

/** Plays seeds from `first` on until `count` of them held or one did not. */
export const playSeeds = async (first: number, count: number, rules: Rules = REAL): Promise<Played> => {
  const played: Played = { seeds: 0, events: 0, found: null, longestMs: 0 };
  for (let seed = first; seed < first + count; seed += 1) {
    const script = writeScript(seed);
    const { violation, events, idleMs } = simulate(script, { rules });
    played.seeds += 1;
    played.events += events;
    played.longestMs = Math.max(played.longestMs, idleMs);
    if (violation !== null) {
      played.found = { seed, script, text: violation.message };
      return played;
    }
    if (played.seeds % CHUNK === 0) await new Promise(setImmediate);
  }
  return played;
};

/** What somebody needs to understand a failure: the shortest script that fails alike, and all that happens in it. */
export const explain = ({ seed, script }: Found, rule: string, rules: Rules = REAL): string => {
  const shortest = shrink(script, rule, rules);
  const { trace, violation } = simulate(shortest, { rules, traced: true });
  return [
    `seed ${seed}: ${violation?.message}`,
    `for the list of regressions: ${JSON.stringify(shortest)}`,
    ...trace,
  ].join("\n");
};
