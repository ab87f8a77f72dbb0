import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { z } from "zod";
import { startTestApp, type TestApp } from "../test/app.ts";
import { waitFor } from "../test/wait-for.ts";
import { defineApp } from "./app.ts";
import { route } from "./contract.ts";
import { defineManifest } from "./manifest.ts";
import { listAppRecords } from "./registry/nav.ts";

const order: string[] = [];
let answer = Promise.withResolvers<void>();
let arrived = Promise.withResolvers<void>();

const app = defineApp({
  manifest: defineManifest({
    id: "things",
    name: "Things",
    description: "Things of a test.",
    icon: "box",
    routes: ["/things"],
    actions: { "thing:read": { roles: ["owner"] } },
  }),
  contract: {
    get: route({
      method: "GET",
      path: "/slow",
      action: "thing:read",
      resource: "organisation",
      summary: "Answer when told to",
      input: z.object({}),
      output: z.object({ person: z.string() }),
    }),
  },
  start: ({ signal }) => {
    order.push("start");
    signal.addEventListener("abort", () => order.push("loops end"));
    return {
      handlers: {
        get: async ({ principal }) => {
          arrived.resolve();
          await answer.promise;
          order.push("answered");
          return { person: principal.kind };
        },
      },
      run: () => {
        order.push("run");
      },
      stop: async () => {
        order.push("stop");
      },
    };
  },
});

let things: TestApp;
beforeAll(async () => {
  things = await startTestApp(app);
}, 60_000);
afterAll(() => things?.stop());

test("an app that has started is ready, registered with its routes, and asks the auth app who calls", async () => {
  expect(order).toEqual(["start", "run"]);
  expect((await things.request("/readyz")).status).toBe(200);
  const records = await listAppRecords(things.platform.valkey);
  expect(records).toMatchObject([{ id: "things", state: "ready", routes: ["/api/v1/things", "/things"] }]);
  expect(records[0]?.baseUrl).toBe(things.running.baseUrl);
  answer.resolve();
  const owner = await things.json("GET", "/api/v1/things/slow", things.home.headers("owner"));
  expect(owner.body).toEqual({ person: "token" });
  expect((await things.json("GET", "/api/v1/things/slow", things.home.headers("viewer"))).status).toBe(403);
  expect((await things.json("GET", "/api/v1/things/slow", {})).status).toBe(401);
});

test("an app that stops tells first, answers what it has begun, then closes and is gone", async () => {
  answer = Promise.withResolvers();
  arrived = Promise.withResolvers();
  order.length = 0;
  const begun = things.json("GET", "/api/v1/things/slow", things.home.headers("owner"));
  await arrived.promise;
  const stopped = things.running.stop();
  await waitFor(async () => (await listAppRecords(things.platform.valkey))[0]?.state === "draining");
  answer.resolve();
  expect((await begun).status).toBe(200);
  await stopped;
  expect(order).toEqual(["loops end", "answered", "stop"]);
  expect(await listAppRecords(things.platform.valkey)).toEqual([]);
  expect(existsSync(things.running.baseUrl.slice("unix:".length))).toBe(false);
}, 30_000);
