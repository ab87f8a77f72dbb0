import { expect, test } from "bun:test";
import { manifest } from "../manifest.ts";
import { organisationPaths } from "./organisation-paths.ts";

test("the addresses of the pages about organisations, all of them below routes that the gateway sends here", () => {
  const all = Object.values(organisationPaths).map((path) => (typeof path === "string" ? path : path("x", "y")));
  expect(all).toEqual([
    "/organisations",
    "/organisations/switch",
    "/organisation",
    "/organisation/leave",
    "/organisation/members/x",
    "/organisation/members/x/remove",
    "/organisation/teams",
    "/organisation/teams/x",
    "/organisation/teams/x/name",
    "/organisation/teams/x/remove",
    "/organisation/teams/x/members/y/remove",
    "/organisation/projects",
    "/organisation/projects/x",
    "/organisation/projects/x/grants/y/remove",
    "/organisation/invites",
    "/organisation/invites/x/resend",
    "/organisation/invites/x/revoke",
    "/organisation/service-accounts",
    "/organisation/service-accounts/x",
    "/organisation/service-accounts/x/tokens",
    "/organisation/service-accounts/x/tokens/y/revoke",
    "/organisation/service-accounts/x/remove",
    "/organisation/settings",
    "/organisation/remove",
    "/organisation/audit",
    "/invite",
    "/invite?token=x",
  ]);
  for (const path of all)
    expect(manifest.routes.some((route) => `${path.split("?")[0]}/`.startsWith(`${route}/`))).toBe(true);
});
