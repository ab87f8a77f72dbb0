import { expect, test } from "bun:test";
import { coversAction } from "@homeport/kit/scope.ts";
import { DEPLOYING_TOKEN } from "./new-token.ts";

/** The actions of the routes that commands/deploy.ts and follow.ts call. */
const ASKED = [
  "service:read",
  "service:create",
  "service:update",
  "upload:create",
  "deployment:create",
  "deployment:read",
  "log:read",
];

test("the token of the example covers what a deployment asks for, and no project is made with it", () => {
  const scopes = DEPLOYING_TOKEN.split("--scope ")[1]?.replaceAll("'", "").split(" ") ?? [];
  const covers = (action: string) => scopes.some((scope) => coversAction(scope, action));
  expect(ASKED.filter((action) => !covers(action))).toEqual([]);
  expect(covers("project:create")).toBe(false);
});
