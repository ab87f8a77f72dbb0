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
    "/sign-out?next=x",
    "/sign-in/confirm?next=x",
    "/account",
    "/account/email",
    "/account/email/confirm",
    "/account/email/confirm?token=x",
    "/account/delete",
    "/sign-in?account=gone",
    "/account/security",
    "/account/tokens",
    "/account/tokens/x/revoke",
    "/account/sessions",
    "/account/sessions/x/revoke",
    "/account/sessions/revoke",
    "/account/sessions/revoke-others",
    "/admin/people",
    "/admin/people/x",
    "/admin/people/x/suspend",
    "/admin/people/x/resume",
    "/admin/people/x/instance-role",
    "/admin/people/x/second-factor/remove",
    "/admin/people/x/sessions/revoke",
    "/admin/people/x/remove",
    "/admin/organisations",
    "/admin/organisations/x",
    "/admin/organisations/x/remove",
  ]);
  for (const path of all)
    expect(manifest.routes.some((route) => `${path.split("?")[0]}/`.startsWith(`${route}/`))).toBe(true);
});
