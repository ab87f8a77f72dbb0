import { expect, test } from "bun:test";
import { manifest } from "../manifest.ts";
import { signInPaths } from "./sign-in-paths.ts";

test("the addresses of the pages about getting in, all of them below routes that the gateway sends here", () => {
  const all = Object.values(signInPaths).map((path) => (typeof path === "string" ? path : path("/x")));
  expect(all).toEqual([
    "/sign-in/link",
    "/sign-in/by-link",
    "/sign-in/by-link?token=%2Fx",
    "/sign-in/code",
    "/sign-in/code?next=%2Fx",
    "/sign-in/confirm",
    "/account/security/password",
    "/account/security/authenticator",
    "/account/security/authenticator/confirm",
    "/account/security/authenticator/remove",
    "/account/security/recovery-codes",
    "/device",
    "/device/decide",
    "/admin/sign-in",
    "/admin/sign-in?test=%2Fx#test",
    "/admin/sign-in/rules",
    "/admin/sign-in/rules//x",
    "/admin/sign-in/rules//x/remove",
    "/admin/sign-in/mail",
  ]);
  for (const path of all)
    expect(manifest.routes.some((route) => `${path.split("?")[0]}/`.startsWith(`${route}/`))).toBe(true);
});
