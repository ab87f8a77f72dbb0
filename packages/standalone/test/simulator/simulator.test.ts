import { describe, expect, test } from "bun:test";
import { FORMER_BUGS, MUTANTS } from "./mutants.ts";
import { REGRESSIONS } from "./regressions.ts";
import { writeScript } from "./script.ts";
import { explain, playSeeds } from "./seeds.ts";
import { simulate } from "./simulate.ts";

/** The first seed; another one is for looking further than every run does, or at one seed again. */
const FIRST = Number(process.env.HOMEPORT_TEST_SEED ?? 1);
const SEEDS = 10_000;
/** A mutant that is not found in so many is one that the simulator cannot see. */
const MUTANT_SEEDS = 2_000;
const TIMEOUT_MS = 600_000;

test(
  "whatever is killed, stopped, cut off, late or lost, deployments come to an end and what is wished is what runs",
  async () => {
    const begun = process.cpuUsage();
    const { seeds, events, found, longestMs } = await playSeeds(FIRST, SEEDS);
    const { user, system } = process.cpuUsage(begun);
    const seconds = ((user + system) / 1e6).toFixed(0);
    console.log(
      `note: simulator: ${seeds} seeds, ${events} events, ${seconds} s of CPU; all was as wished at most ${longestMs / 1000} s after the last wait`,
    );
    expect(found === null ? null : explain(found, found.text.split(":")[0] ?? "")).toBeNull();
  },
  TIMEOUT_MS,
);

test("one seed is one story", () => {
  const first = simulate(writeScript(17), { traced: true });
  const second = simulate(writeScript(17), { traced: true });
  expect(first.trace.length).toBeGreaterThan(20);
  expect(second.trace).toEqual(first.trace);
});

describe("what was wrong once", () => {
  test.each([...REGRESSIONS])("stays right: $bug", ({ script }) => {
    expect(simulate(script).violation).toBeNull();
  });

  test.each([...REGRESSIONS])("would be seen again: $bug", ({ bug, script }) => {
    expect(simulate(script, { rules: FORMER_BUGS[bug] }).violation).not.toBeNull();
  });
});

describe("a platform is found out in which", () => {
  test.each([...MUTANTS])(
    "$name",
    async ({ name, rules }) => {
      const { seeds, found } = await playSeeds(1, MUTANT_SEEDS, rules);
      expect(found).not.toBeNull();
      console.log(`note: simulator: ${seeds} seeds until "${name}" broke ${found?.text.split(":")[0]}`);
    },
    TIMEOUT_MS,
  );
});
