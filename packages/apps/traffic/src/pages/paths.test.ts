import { expect, test } from "bun:test";
import { readView } from "./gateway-view.ts";
import { DEFAULT_VIEW, paths, type View } from "./paths.ts";

test("every address of the app", () => {
  expect([
    paths.gateway(),
    paths.gateway({ name: "a b", sort: "errors", all: true, route: "-", statusClass: "5" }, "log"),
    paths.policies(),
    paths.policies("*.shop.example"),
    paths.policy("*.shop.example"),
    paths.policy("(platform)"),
    paths.removePolicy("shop.example"),
  ]).toEqual([
    "/admin/gateway",
    "/admin/gateway?name=a+b&sort=errors&rows=all&route=-&class=5#log",
    "/admin/gateway/policies",
    "/admin/gateway/policies?cursor=*.shop.example",
    "/admin/gateway/policies/*.shop.example",
    "/admin/gateway/policies/(platform)",
    "/admin/gateway/policies/shop.example/remove",
  ]);
});

const read = (path: string) => readView(new URL(path, "http://homeport").searchParams);

test("an address says the view that it was made from", () => {
  const view: View = { name: "shop & more", sort: "slowest", all: true, route: "shop", statusClass: "0" };
  expect(read(paths.gateway(view))).toEqual(view);
  expect(read(paths.gateway())).toEqual(DEFAULT_VIEW);
});

test("what an address cannot mean is the default", () => {
  expect(read("/?sort=constructor&class=9&rows=some&route=")).toEqual(DEFAULT_VIEW);
  expect(read(`/?name=${"x".repeat(500)}`).name).toHaveLength(200);
});
