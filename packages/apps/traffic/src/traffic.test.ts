import { expect, test } from "bun:test";
import { reportOf, requestOf, routeOf, targetOf } from "../test/reports.ts";
import { mergeStatuses } from "./traffic.ts";

const merge = (...reports: ReturnType<typeof reportOf>[]) => mergeStatuses(reports, new Map());

test("what several workers counted of a route is summed, and the worst percentile stands for all", () => {
  const counts = { requests: 10, classes: [0, 8, 0, 1, 1], aborted: 1, cut: 1, tunnels: 2, bytesIn: 100, bytesOut: 5 };
  const slow = routeOf("shop", { ...counts, classes: [0, 8, 0, 1, 1], p50Ms: 3, p99Ms: 90 });
  const quick = routeOf("shop", { ...counts, classes: [0, 2, 8, 0, 0], p50Ms: 4, p99Ms: 20 });
  const idle = routeOf("shop");
  const { routes } = merge(
    ...[slow, quick, idle].map((route, worker) => reportOf(`g${worker}`, { routes: [route], worker })),
  );
  expect(routes).toEqual([
    {
      ...slow,
      requests: 20,
      classes: [0, 10, 8, 1, 1],
      aborted: 2,
      cut: 2,
      tunnels: 4,
      bytesIn: 200,
      bytesOut: 10,
      p50Ms: 4,
      p99Ms: 90,
    },
  ]);
});

test("an app and a workload of one name are two routes, and what no route answered is one of its own", () => {
  const routes = [routeOf("shop"), routeOf("shop", { kind: "workload" }), routeOf(null, { kind: "gateway" })];
  expect(merge(reportOf("g1", { routes }), reportOf("g2", { routes })).routes).toHaveLength(3);
});

test("a target is ejected when one worker passes it over, and restored only while none has seen it run", () => {
  const routes = (a: object, b: object) => [routeOf("shop", { targets: [targetOf("one", a), targetOf("two", b)] })];
  const { routes: merged } = merge(
    reportOf("g1", { routes: routes({ isEjected: true, outstanding: 2 }, { isRestored: true }) }),
    reportOf("g2", { routes: routes({ outstanding: 3, isRestored: true }, { isRestored: true }) }),
  );
  expect(merged[0]?.targets).toMatchObject([
    { instance: "one", isEjected: true, isRestored: false, outstanding: 5 },
    { instance: "two", isEjected: false, isRestored: true, outstanding: 0 },
  ]);
});

test("what several workers say is told once, with how many say it", () => {
  const warning = { kind: "refused", subject: "/shop", detail: "kept by shop" } as const;
  const certificate = { names: ["shop.example"], source: "acme", expiresAt: "2026-09-01T00:00:00Z" };
  const renewed = { ...certificate, expiresAt: "2026-12-01T00:00:00Z" };
  const merged = merge(
    reportOf("g1", { warnings: [warning], certificates: [renewed] }),
    reportOf("g2", { warnings: [warning], certificates: [certificate] }),
  );
  expect(merged.warnings).toEqual([{ ...warning, workers: 2 }]);
  expect(merged.certificates).toEqual([
    { ...certificate, workers: 1 },
    { ...renewed, workers: 1 },
  ]);
});

test("requests of all workers are in one log, the newest first", () => {
  const at = (second: number) => `2026-05-01T12:00:0${second}.000Z`;
  const { requests } = merge(
    reportOf("g1", { requests: [requestOf("c", { at: at(3) }), requestOf("a", { at: at(1) })] }),
    reportOf("g2", { requests: [requestOf("b", { at: at(2) })] }),
  );
  expect(requests.map(({ requestId }) => requestId)).toEqual(["c", "b", "a"]);
});

test("without a report there is nothing, and nothing is infinite", () => {
  expect(merge()).toEqual({
    workers: [],
    requestsPerSecond: 0,
    connections: 0,
    requestsInFlight: 0,
    routes: [],
    routeCount: 0,
    hostCount: 0,
    warnings: [],
    warningCount: 0,
    certificates: [],
    requests: [],
  });
});
