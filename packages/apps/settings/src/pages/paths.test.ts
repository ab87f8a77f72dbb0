import { expect, test } from "bun:test";
import { paths } from "./paths.ts";

test("every address of the app", () => {
  expect([
    paths.settings(),
    paths.settings("logging"),
    paths.values(),
    paths.reset(),
    paths.transfer(),
    paths.exportFile(),
    paths.keys(),
    paths.rotateKey(),
    paths.auditLog(),
    paths.removeKey(3),
  ]).toEqual([
    "/admin/settings",
    "/admin/settings#logging",
    "/admin/settings/values",
    "/admin/settings/reset",
    "/admin/settings/transfer",
    "/admin/settings/transfer/export",
    "/admin/settings/keys",
    "/admin/settings/keys/rotate",
    "/admin/audit",
    "/admin/settings/keys/3/remove",
  ]);
});
