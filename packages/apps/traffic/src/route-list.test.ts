import { expect, test } from "bun:test";
import { requestOf, routeOf, targetOf } from "../test/reports.ts";
import { filterLog, listRoutes, nameOf, type Sort } from "./route-list.ts";

const routes = [
  routeOf("alpha", { requests: 5, p99Ms: 10, bytesOut: 900, addresses: ["/alpha", "/a"] }),
  routeOf("01990000-0000-7000-8000-000000000000", {
    kind: "workload",
    addresses: ["Zebra.example"],
    requests: 9,
    classes: [0, 9, 0, 0, 0],
    cut: 2,
    targets: [targetOf("one", { outstanding: 4 })],
  }),
  routeOf("middle", { requests: 9, classes: [0, 8, 0, 0, 1], p99Ms: 80, bytesIn: 10 }),
];
const names = (text: string, sort: Sort) => listRoutes(routes, text, sort).map(nameOf);

const orders: [Sort, string[]][] = [
  ["requests", ["middle", "Zebra.example", "alpha"]],
  ["errors", ["Zebra.example", "middle", "alpha"]],
  ["slowest", ["middle", "alpha", "Zebra.example"]],
  ["bytes", ["alpha", "middle", "Zebra.example"]],
  ["busy", ["Zebra.example", "alpha", "middle"]],
  ["name", ["alpha", "middle", "Zebra.example"]],
];
for (const [sort, expected] of orders) {
  test(`routes by ${sort}: the most first, equal ones by name`, () => expect(names("", sort)).toEqual(expected));
}

test("routes are found by name, id and address, in any case", () => {
  expect(names("ZEBRA", "name")).toEqual(["Zebra.example"]);
  expect(names("0199", "name")).toEqual(["Zebra.example"]);
  expect(names("/a", "name")).toEqual(["alpha"]);
  expect(names("nobody", "name")).toEqual([]);
});

const log = [
  requestOf("a", { route: "shop", status: 200 }),
  requestOf("b", { route: "shop", status: 503 }),
  requestOf("c", { route: null, status: 404 }),
  requestOf("d", { route: "shop", status: 0, outcome: "aborted" }),
];
const filtered: [name: string, filter: { route?: string; statusClass?: number }, expected: string][] = [
  ["all of it", {}, "abc"],
  ["of a route", { route: "shop" }, "abd"],
  ["that no route took", { route: "" }, "c"],
  ["of a status class", { statusClass: 5 }, "b"],
  ["that got no answer", { statusClass: 0 }, "d"],
  ["of both", { route: "shop", statusClass: 2 }, "a"],
];
for (const [name, { route = null, statusClass = null }, expected] of filtered) {
  test(`the log shows what there is, ${name}, as far as it goes`, () => {
    expect(
      filterLog(log, { route, statusClass }, 3)
        .map(({ requestId }) => requestId)
        .join(""),
    ).toBe(expected);
  });
}
