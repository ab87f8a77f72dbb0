import { expect, test } from "bun:test";
import { paths } from "./paths.ts";

test("the addresses of the app's pages", () => {
  expect([
    paths.projects(),
    paths.newProject(),
    paths.project("shop"),
    paths.newService("shop"),
    paths.protect("shop", "production"),
    paths.secrets("shop"),
    paths.newSecretGroup("shop"),
    paths.secretGroup("shop", "db"),
    paths.service("shop", "api"),
    paths.releases("shop", "api"),
    paths.variables("shop", "api"),
    paths.attachedGroups("shop", "api"),
    paths.logs("shop", "api"),
    paths.settings("shop", "api"),
    paths.deployment("shop", "api", "1"),
  ]).toEqual([
    "/projects",
    "/projects/new",
    "/projects/shop",
    "/projects/shop/new",
    "/projects/shop/protect?environment=production",
    "/projects/shop/secrets",
    "/projects/shop/secrets/new",
    "/projects/shop/secrets/db",
    "/projects/shop/api",
    "/projects/shop/api/releases",
    "/projects/shop/api/variables",
    "/projects/shop/api/variables/groups",
    "/projects/shop/api/logs",
    "/projects/shop/api/settings",
    "/projects/shop/api/deployments/1",
  ]);
});
