import { afterAll, beforeAll, expect, test } from "bun:test";
import { z } from "zod";
import { startTestApp, type TestApp } from "../../test/app.ts";
import { defineApp } from "../app.ts";
import { route } from "../contract.ts";
import { defineManifest } from "../manifest.ts";
import { callOf, currentCall } from "./call.ts";

let others = Promise.withResolvers<void>();
let waiting = 0;

/** What a handler sees of its call; after a wait that another request ends. */
const seen = async () => {
  waiting += 1;
  if (waiting === 2) others.resolve();
  await others.promise;
  const call = currentCall();
  const who = call?.principal;
  return { who: who?.kind === "token" ? who.role : (who?.kind ?? "nobody"), requestId: call?.requestId ?? "none" };
};

const app = defineApp({
  manifest: defineManifest({
    id: "things",
    name: "Things",
    description: "Things of a test.",
    icon: "box",
    routes: ["/things"],
    actions: { "thing:read": { roles: ["owner", "viewer"], kinds: ["app"] } },
  }),
  contract: {
    get: route({
      method: "GET",
      path: "/call",
      action: "thing:read",
      resource: "organisation",
      summary: "Say who calls",
      input: z.object({}),
      output: z.object({ who: z.string(), requestId: z.string() }),
    }),
  },
  start: () => ({
    handlers: { get: seen },
    routes: [
      {
        method: "GET",
        path: "/things/call",
        action: "thing:read",
        resource: "organisation",
        handle: async () => Response.json(await seen()),
      },
    ],
  }),
});

let things: TestApp;
beforeAll(async () => {
  things = await startTestApp(app);
}, 60_000);
afterAll(() => things?.stop());

for (const path of ["/api/v1/things/call", "/things/call"]) {
  test(`two requests at once to ${path} each see their own call`, async () => {
    others = Promise.withResolvers();
    waiting = 0;
    const ask = async (role: "owner" | "viewer", requestId: string) =>
      (await things.json("GET", path, { ...things.home.headers(role), "x-request-id": requestId })).body;
    expect(await Promise.all([ask("owner", "request-1"), ask("viewer", "request-2")])).toEqual([
      { who: "owner", requestId: "request-1" },
      { who: "viewer", requestId: "request-2" },
    ]);
    expect(currentCall()).toBeNull();
  });
}

test("what a client says of itself is bounded", () => {
  const headers = new Headers({ "user-agent": "x".repeat(400) });
  const context = { principal: { kind: "anonymous" as const }, clientAddress: "local", requestId: "r", headers };
  expect(callOf(context).userAgent).toHaveLength(300);
});
