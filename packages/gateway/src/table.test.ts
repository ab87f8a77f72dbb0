import { expect, test } from "bun:test";
import type { AppRecord } from "@homeport/kit/registry/record.ts";
import { appRecord, target, workload } from "../test/records.ts";
import { buildTable, type TableSource } from "./table.ts";

const build = (source: Partial<TableSource>) =>
  buildTable({
    apps: [],
    workloads: [],
    revision: null,
    policies: [],
    policyRevision: null,
    ages: {},
    owners: {},
    platformHosts: new Set(["home.example"]),
    ...source,
  });

const app = (id: string, routes: string[], given: Partial<AppRecord> = {}) =>
  appRecord({ id, routes, baseUrl: "http://127.0.0.1:9", ...given });

test("the longest prefix wins, ends at a segment, and / is the fallback", () => {
  const table = build({
    apps: [app("root", ["/"]), app("api", ["/api"]), app("notes", ["/api/v1/notes", "/app/notes"])],
  });
  const owners = [
    "/",
    "/x",
    "/apix",
    "/api",
    "/api/",
    "/api/v1",
    "/api/v1/notes",
    "/api/v1/notes/1",
    "/api/v1/notesx",
    "//api",
  ];
  expect(owners.map((path) => table.matchPath(path)?.id)).toEqual([
    ...["root", "root", "root", "api", "api", "api", "notes", "notes", "api", "root"],
  ]);
  expect(build({ apps: [app("api", ["/api"])] }).matchPath("/other")).toBeNull();
});

test("only ready instances that list the prefix get its requests", () => {
  const table = build({
    apps: [
      app("a", ["/a"], { instance: "one" }),
      app("a", ["/a", "/new"], { instance: "two" }),
      app("a", ["/a"], { instance: "three", state: "starting" }),
      app("a", ["/a"], { instance: "four", state: "draining" }),
    ],
  });
  expect(table.matchPath("/a")?.ready.map((found) => found.instance)).toEqual(["one", "two"]);
  expect(table.matchPath("/a")?.draining.map((found) => found.instance)).toEqual(["four"]);
  expect(table.matchPath("/new")?.ready.map((found) => found.instance)).toEqual(["two"]);
});

const early = "2026-01-01T00:00:00Z";
const late = "2026-01-02T00:00:00Z";
const latest = "2026-01-03T00:00:00Z";

test("a duplicate prefix stays with the older app and the younger one is listed; its other prefixes count", () => {
  const table = build({ apps: [app("b", ["/x", "/b"], { startedAt: late }), app("z", ["/x"], { startedAt: early })] });
  expect(table.matchPath("/x")?.id).toBe("z");
  expect(table.matchPath("/b")?.id).toBe("b");
  expect(table.refused).toEqual([{ kind: "prefix", value: "/x", claimant: "b", keeper: "z", reason: "taken" }]);
});

test("of two apps of the same age the lower id keeps the prefix", () => {
  const table = build({ apps: [app("b", ["/x"], { startedAt: early }), app("a", ["/x"], { startedAt: early })] });
  expect(table.matchPath("/x")?.id).toBe("a");
});

test("a rolling restart of the older app does not hand its prefix to the younger one", () => {
  const younger = app("younger", ["/x"], { startedAt: late });
  const before = build({ apps: [app("older", ["/x"], { startedAt: early, instance: "old" }), younger] });
  const rolled = app("older", ["/x"], { startedAt: latest, instance: "new" });
  expect(build({ apps: [younger, rolled], ages: before.ages }).matchPath("/x")?.id).toBe("older");
  const gone = build({ apps: [younger], ages: before.ages });
  expect(gone.matchPath("/x")?.id).toBe("younger");
  expect(build({ apps: [younger, rolled], ages: gone.ages }).matchPath("/x")?.id).toBe("younger");
});

test("the addresses of an app that is away are nobody else's, and there again with it", () => {
  const root = app("root", ["/"]);
  const notes = app("notes", ["/api/v1/notes", "/app/notes"]);
  const { owners } = build({ apps: [root, notes] });
  const away = build({ apps: [root], owners });
  expect(away.matchPath("/api/v1/notes/1")).toMatchObject({ id: "notes", ready: [] });
  expect(away.matchPath("/api/v1/other")?.id).toBe("root");
  const back = build({ apps: [root, app("notes", ["/api/v1/notes"])], owners: away.owners });
  expect(back.matchPath("/api/v1/notes/1")).toMatchObject({ id: "notes", ready: [{}] });
  expect(back.matchPath("/app/notes")?.id).toBe("root"); // given up
  expect(build({ apps: [root, app("pad", ["/app/notes"])], owners: away.owners }).matchPath("/app/notes")?.id).toBe(
    "pad",
  );
});

test("an app that listens on what the gateway does not speak is listed and known, without a target", () => {
  const table = build({ apps: [app("tls", ["/tls"], { baseUrl: "https://127.0.0.1:9" })] });
  expect(table.matchPath("/tls")).toMatchObject({ id: "tls", ready: [] });
  expect(table.refused).toMatchObject([{ kind: "address", value: "https://127.0.0.1:9", claimant: "tls" }]);
});

test("an exact host wins over a wildcard, which stands for one label", () => {
  const exact = workload(["a.shop.example"], [target(1)]);
  const wild = workload(["*.shop.example"], [target(2)]);
  const table = build({ workloads: [wild, exact], revision: 1 });
  expect(table.matchHost("a.shop.example")?.id).toBe(exact.workloadId);
  expect(table.matchHost("b.shop.example")?.id).toBe(wild.workloadId);
  for (const name of ["shop.example", "a.b.shop.example", "example"]) expect(table.matchHost(name)).toBeNull();
});

test("hosts that are taken, are none, or are the platform's are refused and listed", () => {
  const first = workload(["shop.example", "SHOP.example."], [target(1)]);
  const second = workload(["shop.example", "not a host", "localhost", "home.example"], [target(2)]);
  const table = build({ workloads: [second, first], revision: 1 });
  expect(table.matchHost("shop.example")?.id).toBe(first.workloadId);
  expect(table.matchHost("localhost")).toBeNull();
  expect(table.matchHost("home.example")).toBeNull();
  expect(table.refused.map(({ value, claimant, reason }) => [value, claimant, reason])).toEqual(
    ["taken", "not a host name", "belongs to the platform", "belongs to the platform"].map((reason, index) => [
      second.hosts[index] ?? "",
      second.workloadId,
      reason,
    ]),
  );
});

test("a workload without targets is known, so its host is not an unknown one", () => {
  const table = build({ workloads: [workload(["a.localhost"], [])], revision: 1 });
  expect(table.matchHost("a.localhost")).toMatchObject({ kind: "workload", ready: [] });
});
