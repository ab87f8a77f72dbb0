import { dlopen } from "bun:ffi";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { identify, type ProcessId, processesWith, signal } from "../../../packages/kit/test/docker/process.ts";

/** Set in the environment of everything that a run starts, and of everything that one suite of it starts. */
export const RUN = "HOMEPORT_TEST_RUN";
export const SUITE = "HOMEPORT_TEST_SUITE";

/** Servers that tests share are ended by a watchdog once the tests are gone, and it takes them this long at most. */
const SETTLE_MS = 20_000;

/** prctl(2): orphans below this process become its children, whatever session or environment they were started with. */
const PR_SET_CHILD_SUBREAPER = 36;

/** Makes this process the parent of every orphan below it, so that nothing which a suite starts can get lost. */
export const adoptOrphans = (): void => {
  if (process.platform !== "linux") return;
  try {
    const { symbols } = dlopen("libc.so.6", { prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" } });
    symbols.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  } catch {
    // Another libc: what keeps its environment is still found by its mark.
  }
};

/**
 * Waits until nothing is left of a suite, or of the whole run when `suite` is null, and ends by force what does not go.
 * Returns what had to be ended, in words.
 */
export const endLeftovers = async (suite: string | null, settleMs = SETTLE_MS): Promise<string[]> => {
  if (!existsSync("/proc/self/stat")) return [];
  const deadline = Date.now() + settleMs;
  while (leftoversOf(suite).length > 0 && Date.now() < deadline) await Bun.sleep(50);
  const left = leftoversOf(suite);
  const words = left.map(describe);
  for (const target of left) signal(target, "SIGTERM");
  const graceEnd = Date.now() + 1000;
  while (leftoversOf(suite).length > 0 && Date.now() < graceEnd) await Bun.sleep(50);
  for (const target of leftoversOf(suite)) signal(target, "SIGKILL");
  return words;
};

const leftoversOf = (suite: string | null): ProcessId[] => {
  const parents = parentsOfAll();
  const below = descendantsOf(process.pid, parents, (pid) => suite !== null && isShared(pid));
  const marked = suite === null ? [] : processesWith(SUITE, suite).map(({ pid }) => pid);
  return [...new Set([...below, ...marked])].flatMap((pid) => (pid === process.pid ? [] : (identify(pid) ?? [])));
};

/** Servers that the run keeps for all suites, and what they start: they bear the mark of the run and of no suite. */
const isShared = (pid: number): boolean => {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    const has = (name: string) => environment.some((entry) => entry.startsWith(`${name}=`));
    return has(RUN) && !has(SUITE);
  } catch {
    return false;
  }
};

const descendantsOf = (pid: number, parents: ReadonlyMap<number, number>, skip: (pid: number) => boolean): number[] =>
  [...parents].flatMap(([child, parent]) =>
    parent === pid && !skip(child) ? [child, ...descendantsOf(child, parents, skip)] : [],
  );

const parentsOfAll = (): ReadonlyMap<number, number> =>
  new Map(
    readdirSync("/proc").flatMap((entry): [number, number][] => {
      if (!/^\d+$/.test(entry)) return [];
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
        return [[Number(entry), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1])]];
      } catch {
        return []; // ended in between
      }
    }),
  );

const describe = ({ pid }: ProcessId): string => {
  try {
    return `${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim().slice(0, 100)} (${pid})`;
  } catch {
    return `process ${pid}`;
  }
};
