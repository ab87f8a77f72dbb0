import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Target } from "../target.ts";
import { chooseUpstream, SLOW_START_MS } from "./choose-upstream.ts";
import type { PlaneContext } from "./plane-context.ts";
import { Upstream } from "./upstream.ts";

/** Only connections need one, and none is made here. */
const NO_CONTEXT = {} as PlaneContext;
/** Long enough after the first targets for them to have their full share. */
const LATER = 10 * SLOW_START_MS;

function upstream(instance: string, { weight = 100, since = 0 } = {}): Upstream {
  const target: Target = { key: instance, instance, address: { kind: "unix", path: `/${instance}` }, weight };
  const made = new Upstream(target, NO_CONTEXT, since);
  made.weight = weight;
  return made;
}

function setUp() {
  const [a, b, c] = [upstream("a"), upstream("b"), upstream("c")];
  const clock = { now: LATER };
  const pickMany = (count: number, from = [a, b, c], avoid: Upstream[] | null = null) =>
    picks(count, from, clock.now, avoid);
  return { a, b, c, clock, pickMany };
}

/** How often each was chosen, by name. */
function picks(count: number, from: readonly Upstream[], now = LATER, avoid: readonly Upstream[] | null = null) {
  const counts: Record<string, number> = {};
  for (let pick = 0; pick < count; pick++) {
    const name = chooseUpstream(from, now, avoid)?.target.instance ?? "none";
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

test("equal targets take turns", () => {
  const { a, pickMany } = setUp();
  expect(pickMany(30)).toEqual({ a: 10, b: 10, c: 10 });
  expect(pickMany(3, [a])).toEqual({ a: 3 });
  expect(pickMany(3, [])).toEqual({ none: 3 });
});

test("the target with the fewest running requests is next", () => {
  const { a, b, c, pickMany } = setUp();
  [a.outstanding, b.outstanding, c.outstanding] = [2, 1, 0];
  expect(pickMany(5)).toEqual({ c: 5 });
  c.outstanding = 1;
  expect(Object.keys(pickMany(6)).sort()).toEqual(["b", "c"]);
  expect(pickMany(2, [a])).toEqual({ a: 2 });
});

test("targets to avoid are taken only when there is no other", () => {
  const { a, b, c, pickMany } = setUp();
  c.outstanding = 1_000;
  expect(pickMany(10, [a, b, c], [a, b])).toEqual({ c: 10 });
  expect(pickMany(1, [a], [a])).toEqual({ a: 1 });
  expect(pickMany(2, [a, b], [a, b])).toEqual({ a: 1, b: 1 });
});

test("one that failed is passed over for a moment, and taken when all have failed", () => {
  const { a, b, c, clock, pickMany } = setUp();
  a.eject(clock.now);
  b.outstanding = c.outstanding = 1_000;
  expect(Object.keys(pickMany(10)).sort()).toEqual(["b", "c"]);
  b.outstanding = c.outstanding = 0;
  b.eject(clock.now);
  c.eject(clock.now);
  expect(pickMany(3)).toEqual({ a: 1, b: 1, c: 1 });
  clock.now += 2_000;
  expect(pickMany(30)).toEqual({ a: 10, b: 10, c: 10 });
});

test("one that failed is taken before one that was tried already", () => {
  const { a, b, clock, pickMany } = setUp();
  a.eject(clock.now);
  expect(pickMany(4, [a, b], [b])).toEqual({ a: 4 });
});

test("a target that fails again is passed over for longer, until it answers", () => {
  const { a, clock, pickMany } = setUp();
  a.eject(clock.now);
  a.eject(clock.now); // the same failure, seen by another request
  clock.now += 2_000;
  a.eject(clock.now);
  clock.now += 3_999;
  expect(pickMany(10)).not.toHaveProperty("a");
  clock.now += 1;
  expect(pickMany(30).a).toBe(10);
  a.eject(clock.now);
  a.trust();
  expect(pickMany(30).a).toBe(10);
  a.eject(clock.now);
  clock.now += 2_000;
  expect(pickMany(30).a).toBe(10); // an answer makes it begin anew
});

test("no failure passes a target over for more than 16 seconds", () => {
  const { a, clock } = setUp();
  const spans = Array.from({ length: 6 }, () => {
    a.eject(clock.now);
    const start = clock.now;
    while (a.isEjected(clock.now)) clock.now += 1_000;
    return clock.now - start;
  });
  expect(spans).toEqual([2_000, 4_000, 8_000, 16_000, 16_000, 16_000]);
});

test("weights of 90 and 10 split each hundred requests, also when none is running", () => {
  const from = [upstream("old", { weight: 90 }), upstream("new", { weight: 10 })];
  for (let hundred = 0; hundred < 20; hundred++) {
    const { new: count = 0 } = picks(100, from);
    expect(Math.abs(count - 10)).toBeLessThanOrEqual(1);
  }
});

test("a small share is spread evenly", () => {
  const from = [upstream("old", { weight: 90 }), upstream("new", { weight: 10 })];
  const names = Array.from({ length: 100 }, () => chooseUpstream(from, LATER, null)?.target.instance);
  const gaps = names
    .flatMap((name, at) => (name === "new" ? [at] : []))
    .map((at, index, all) => at - (all[index - 1] ?? at - 10));
  expect(gaps).toEqual(new Array<number>(10).fill(10));
});

test("weights decide, however many requests are running", () => {
  const [heavy, light] = [upstream("heavy", { weight: 75 }), upstream("light", { weight: 25 })];
  heavy.outstanding = 500;
  expect(picks(100, [heavy, light])).toEqual({ heavy: 75, light: 25 });
});

test("each target gets its exact share of any weights", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 100 }), { minLength: 2, maxLength: 6 }), (weights) => {
      fc.pre(weights.some((weight) => weight > 0));
      const from = weights.map((weight, index) => upstream(String(index), { weight }));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (let round = 0; round < 3; round++) {
        const counts = picks(total, from);
        expect(weights.map((_, index) => counts[index] ?? 0)).toEqual(weights);
      }
    }),
  );
});

test("a weight of 0 gets nothing, unless all weights are 0", () => {
  const zero = upstream("zero", { weight: 0 });
  const other = upstream("other", { weight: 0 });
  const full = upstream("full");
  expect(picks(50, [zero, full, other])).toEqual({ full: 50 });
  expect(picks(50, [zero, other])).toEqual({ zero: 25, other: 25 });
});

test("a weight of 0 is still better than a target that fails, or that was tried already", () => {
  const zero = upstream("zero", { weight: 0 });
  const full = upstream("full");
  expect(picks(5, [zero, full], LATER, [full])).toEqual({ zero: 5 });
  full.eject(LATER);
  expect(picks(5, [zero, full])).toEqual({ zero: 5 });
});

test("the share of a target that fails goes to the others by their weights", () => {
  const [half, fifth, rest] = [
    upstream("half", { weight: 50 }),
    upstream("fifth", { weight: 20 }),
    upstream("rest", { weight: 30 }),
  ];
  half.eject(LATER);
  expect(picks(100, [half, fifth, rest])).toEqual({ fifth: 40, rest: 60 });
});

test.each([
  { name: "first", at: 0 },
  { name: "in the middle", at: 1 },
  { name: "last", at: 2 },
])("the share of a new target grows to its full one in ten seconds, when it stands $name", ({ at }) => {
  const shareAt = (age: number) => {
    const from = [upstream("a"), upstream("b")];
    from.splice(at, 0, upstream("new", { since: LATER }));
    return (picks(2_100, from, LATER + age).new ?? 0) / 2_100;
  };
  const shares = [0, 2_000, 5_000, 8_000, SLOW_START_MS].map(shareAt);
  const expected = [0.1 / 2.1, 0.2 / 2.2, 0.5 / 2.5, 0.8 / 2.8, 1 / 3];
  expect(shares).toEqual(expected.map((share) => expect.closeTo(share, 2)));
});

test("targets that became ready together share equally from the start", () => {
  const from = ["a", "b", "c"].map((name) => upstream(name, { since: LATER }));
  expect(picks(30, from, LATER)).toEqual({ a: 10, b: 10, c: 10 });
});

test("a new target has its share of its weight", () => {
  const from = [upstream("old", { weight: 50 }), upstream("new", { weight: 100, since: LATER })];
  const { new: count = 0 } = picks(200, from, LATER + SLOW_START_MS / 2);
  expect(Math.abs(count - 100)).toBeLessThanOrEqual(1);
});
