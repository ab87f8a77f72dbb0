import { expect, test } from "bun:test";
import { manifest } from "../manifest.ts";
import { paths } from "./paths.ts";

test("the addresses of the app's pages, all of them below routes that the gateway sends here", () => {
  const all = Object.values(paths).map((path) => (typeof path === "string" ? path : path("x")));
  expect(all).toEqual([
    "/setup",
    "/sign-in",
    "/sign-in/gate",
    "/sign-out",
    "/account",
    "/account/tokens",
    "/account/tokens/x/revoke",
    "/account/sessions/x/revoke",
    "/account/sessions/revoke",
  ]);
  for (const path of all) expect(manifest.routes.some((route) => `${path}/`.startsWith(`${route}/`))).toBe(true);
});
