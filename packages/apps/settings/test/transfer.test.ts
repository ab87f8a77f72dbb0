import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { createWorld, type World } from "./stage.ts";

setDefaultTimeout(60_000); // the first start builds the pages' assets

let from: World;
let to: World;
beforeAll(async () => {
  from = await createWorld();
  to = await createWorld();
});
afterAll(async () => {
  await from.platform.stop();
  await to.platform.stop();
});

const values = { "shop.days": 30, "shop.open": false, "shop.hosts": ["a", "b"], "shop.mode": "careful" };

const exported = async (world: World) => (await world.api("GET", "/export")).body;
const imported = (document: unknown, options: Record<string, unknown> = {}) =>
  to.api("POST", "/import", { document, ...options });
const stored = () => to.platform.database.admin`select key, value from platform.settings order by key`;

test("what is exported makes another platform's settings the same, after a look that changes nothing", async () => {
  await from.put({ ...values, "shop.relay": "a-secret-word" });
  const document = await exported(from);
  expect(document).toEqual({ format: 1, exportedAt: expect.any(String), settings: values });

  const dry = await imported(document, { dryRun: true });
  expect(dry).toMatchObject({ status: 200, body: { applied: false, unknown: [] } });
  expect(dry.body.changes).toContainEqual({ name: "shop.days", label: "Days", from: 14, to: 30 });
  expect(dry.body.changes).toHaveLength(4);
  expect(await stored()).toHaveLength(0);

  expect((await imported(document)).body).toEqual({ ...dry.body, applied: true });
  await waitFor(() => to.get("days") === 30 && !to.get("open") && to.get("mode") === "careful");
  expect((await exported(to)).settings).toEqual(values);
  expect(to.get("relay")).toBeNull();
  expect((await imported(document)).body.changes).toEqual([]);
});

test("what is not known is said, or refused when asked for; nothing else of the document is lost", async () => {
  const document = { format: 1, exportedAt: new Date().toISOString(), settings: { "shop.days": 31, "bank.rate": 2 } };
  const strict = await imported(document, { strict: true });
  expect(strict.status).toBe(400);
  expect(strict.body.errors).toEqual([{ path: "bank.rate", message: "there is no such setting" }]);
  expect((await to.setting("shop.days")).value).toBe(30);
  expect((await imported(document)).body).toMatchObject({ unknown: ["bank.rate"], applied: true });
  expect((await to.setting("shop.days")).value).toBe(31);
});

test("values that do not fit, and secrets, are refused with the rest, also in a dry run", async () => {
  const settings = { "shop.days": 32, "shop.mode": "odd", "shop.relay": "in the open" };
  const document = { format: 1, exportedAt: new Date().toISOString(), settings };
  for (const dryRun of [true, false]) {
    const answer = await imported(document, { dryRun });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([
      { path: "shop.mode", message: "must be one of: fast, careful" },
      { path: "shop.relay", message: "is a secret: set it by itself" },
    ]);
  }
  expect((await to.setting("shop.days")).value).toBe(31);
  expect((await imported({ ...document, format: 2 })).status).toBe(400);
});
