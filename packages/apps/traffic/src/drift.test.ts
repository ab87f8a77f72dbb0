import { beforeEach, describe, expect, test } from "bun:test";
import { createDriftWatch, type DriftWatch, STATUS_INTERVAL_MS } from "./drift.ts";

let now = 0;
let watch: DriftWatch;
beforeEach(() => {
  now = Date.parse("2026-05-01T12:00:00Z");
  watch = createDriftWatch(() => new Date(now));
});

type Fields = { revision?: number; policyRevision?: number; isDraining?: boolean };
const worker = (instance: string, tableHash: string, fields: Fields = {}) => ({
  instance,
  tableHash,
  revision: 7,
  policyRevision: 3,
  isDraining: false,
  ...fields,
});
const LONG_MS = STATUS_INTERVAL_MS + 2_000;

describe("a worker with another table", () => {
  test("is settling for one status interval, then it has drifted", () => {
    const workers = [worker("a", "new", { revision: 9 }), worker("b", "old")];
    expect(watch.observe(workers).get("b")).toMatchObject({ state: "settling", relation: "behind", routesBehind: 2 });
    now += STATUS_INTERVAL_MS;
    expect(watch.observe(workers).get("b")?.state).toBe("settling");
    now += 2_000;
    const drifts = watch.observe(workers);
    expect(drifts.get("b")).toMatchObject({ state: "drifted", since: new Date(now - LONG_MS) });
    expect(drifts.has("a")).toBe(false);
  });

  test("that it goes on changing begins anew each time", () => {
    watch.observe([worker("a", "2", { revision: 9 }), worker("b", "1")]);
    now += LONG_MS;
    expect(watch.observe([worker("a", "3", { revision: 10 }), worker("b", "2", { revision: 9 })]).get("b")?.state).toBe(
      "settling",
    );
  });

  test("that it keeps while the others move on has drifted", () => {
    watch.observe([worker("a", "2", { revision: 8 }), worker("b", "1")]);
    now += LONG_MS;
    expect(watch.observe([worker("a", "3", { revision: 9 }), worker("b", "1")]).get("b")).toMatchObject({
      state: "drifted",
      routesBehind: 2,
    });
  });

  test("that catches up and falls behind again begins anew", () => {
    const behind = [worker("a", "new", { policyRevision: 4 }), worker("b", "old")];
    watch.observe(behind);
    watch.observe([worker("a", "new"), worker("b", "new")]);
    now += LONG_MS;
    expect(watch.observe(behind).get("b")).toMatchObject({ state: "settling", routesBehind: 0, policiesBehind: 1 });
  });

  test("of the same revisions differs without being behind: the table that most have is the right one", () => {
    const drifts = watch.observe([worker("a", "x"), worker("b", "y"), worker("c", "y")]);
    expect([...drifts.keys()]).toEqual(["a"]);
    expect(drifts.get("a")).toMatchObject({ relation: "differs", routesBehind: 0, policiesBehind: 0 });
  });
});

test("equal tables do not differ, whatever their revision", () => {
  expect(watch.observe([worker("a", "x", { revision: 9 }), worker("b", "x")]).size).toBe(0);
});

test("a worker that drains is not expected to follow", () => {
  expect(watch.observe([worker("a", "new", { revision: 9 }), worker("b", "old", { isDraining: true })]).size).toBe(0);
});

test("without workers there is nothing to see", () => expect(watch.observe([]).size).toBe(0));
