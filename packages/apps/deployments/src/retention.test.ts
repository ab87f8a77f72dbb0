import { describe, expect, test } from "bun:test";
import { newId, type ReleaseId } from "@homeport/kit/ids.ts";
import type { ReleaseState } from "./release.ts";
import { type Collectable, type RetentionRule, releasesToCollect } from "./retention.ts";

const NOW = new Date("2026-06-01T00:00:00Z");
const RULE: RetentionRule = { keptCount: 2, keepDays: 30 };

type Brief = { number: number; state?: ReleaseState; days?: number; isKept?: boolean; isInUse?: boolean };

const release = ({
  number,
  state = "superseded",
  days = 100,
  isKept = false,
  isInUse = false,
}: Brief): Collectable => ({
  id: newId<ReleaseId>(),
  number,
  state,
  isKept,
  isInUse,
  createdAt: new Date(NOW.getTime() - days * 24 * 60 * 60_000),
});

/** Releases `from` down to `to`. */
const range = (from: number, to: number, days = 100): Brief[] =>
  Array.from({ length: from - to + 1 }, (_, index) => ({ number: from - index, days }));

const live = (number: number): Brief => ({ number, state: "live" });

const cases: { name: string; releases: Brief[]; rule?: RetentionRule; collected: number[] }[] = [
  { name: "none there are", releases: [], collected: [] },
  {
    name: "as many as are kept besides the live one and the one before it",
    releases: [live(4), ...range(3, 1)],
    collected: [],
  },
  { name: "the oldest first, once there are more", releases: [live(7), ...range(6, 1)], collected: [1, 2, 3] },
  { name: "the young, which are kept", releases: [live(9), ...range(8, 1, 29)], collected: [] },
  {
    name: "the young that are more than five times as many",
    releases: [live(15), ...range(14, 1, 29)],
    collected: [1, 2, 3],
  },
  {
    name: "one that is a day older than the others",
    releases: [live(6), ...range(5, 2, 29), { number: 1, days: 30 }],
    collected: [1],
  },
  {
    name: "one that is kept by hand, which counts for nothing",
    releases: [live(6), ...range(5, 3), { number: 2, isKept: true }, ...range(1, 1)],
    collected: [1],
  },
  {
    name: "one in use, which counts for nothing",
    releases: [live(6), ...range(5, 3), { number: 2, isInUse: true }, ...range(1, 1)],
    collected: [1],
  },
  {
    name: "an old one that was made live again, and the one before it",
    releases: [...range(9, 5), live(4), ...range(3, 1)],
    collected: [1, 2, 5, 6, 7],
  },
  { name: "what is pending", releases: [{ number: 3, state: "pending" }, live(2), ...range(1, 1)], collected: [] },
  {
    name: "what never went live, after a day, and it pushes nothing out",
    releases: [
      live(9),
      ...range(8, 6),
      ...[5, 4, 3].map((number) => ({ number, state: "failed" as const, days: 2 })),
      { number: 2, state: "failed", days: 0.9 },
    ],
    collected: [3, 4, 5],
  },
  {
    name: "all but the live one, the one before and one more",
    releases: [live(9), ...range(8, 1, 0)],
    rule: { keptCount: 1, keepDays: 0 },
    collected: [1, 2, 3, 4, 5, 6],
  },
];

describe("the retention collects", () => {
  for (const { name, releases, rule = RULE, collected } of cases) {
    test(name, () => {
      expect(releasesToCollect(releases.map(release), rule, NOW).map(({ number }) => number)).toEqual(collected);
    });
  }
});
