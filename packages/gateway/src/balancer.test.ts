import { expect, test } from "bun:test";
import { Balancer } from "./balancer.ts";
import { appTarget, type Target } from "./target.ts";

const targets = ["a", "b", "c"].flatMap((instance) => appTarget(instance, `unix:/${instance}`) ?? []);
const [a, b, c] = targets as [Target, Target, Target];

function setUp() {
  const clock = { now: 0 };
  const balancer = new Balancer(() => clock.now);
  const pickMany = (count: number, from = targets, avoid: Target[] = []) => {
    const counts: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const { instance } = balancer.pick(from, new Set(avoid.map(({ key }) => key))) ?? { instance: "none" };
      counts[instance] = (counts[instance] ?? 0) + 1;
    }
    return counts;
  };
  return { clock, balancer, pickMany };
}

test("idle targets take turns", () => {
  expect(setUp().pickMany(30)).toEqual({ a: 10, b: 10, c: 10 });
  expect(setUp().pickMany(3, [])).toEqual({ none: 3 });
});

test("the target with the fewest running requests is next", () => {
  const { balancer, pickMany } = setUp();
  const releases = [balancer.begin(a), balancer.begin(a), balancer.begin(b)];
  expect(pickMany(5)).toEqual({ c: 5 });
  balancer.begin(c);
  for (const release of [...releases, ...releases]) release(); // twice is once
  expect(targets.map(({ key }) => balancer.outstanding(key))).toEqual([0, 0, 1]);
});

test("targets to avoid are taken only when there is no other", () => {
  const { pickMany } = setUp();
  expect(pickMany(10, targets, [a, b])).toEqual({ c: 10 });
  expect(pickMany(1, [a], [a])).toEqual({ a: 1 });
});

test("a suspect is passed over for a moment, and taken when all are suspect", () => {
  const { clock, balancer, pickMany } = setUp();
  balancer.suspect(a);
  expect(pickMany(10).a).toBeUndefined();
  balancer.suspect(b);
  balancer.suspect(c);
  expect(pickMany(3)).toEqual({ a: 1, b: 1, c: 1 });
  clock.now += 2_000;
  expect(pickMany(30)).toEqual({ a: 10, b: 10, c: 10 });
});

test("a target that fails again is passed over for longer, until it answers", () => {
  const { clock, balancer, pickMany } = setUp();
  balancer.suspect(a);
  balancer.suspect(a); // the same failure, seen by another request
  clock.now += 2_000;
  balancer.suspect(a);
  clock.now += 3_999;
  expect(pickMany(10).a).toBeUndefined();
  clock.now += 1;
  expect(pickMany(30).a).toBe(10);
  balancer.suspect(a);
  balancer.trust(a);
  expect(pickMany(30).a).toBe(10);
});
