import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { createWorld, type World } from "./stage.ts";

setDefaultTimeout(60_000); // the first start builds the pages' assets

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
beforeEach(async () => {
  await world.platform.database.admin`
    update platform.settings set value = null, value_sealed = null, version = 0`;
  await waitFor(() => world.get("days") === 14 && world.get("relay") === null);
});
afterAll(() => world.platform.stop());

const page = async (path: string) => (await world.platform.request(path, { headers: world.owner })).text();
const orders = { app: "shop", group: "Orders", version: "0", "shop.days": "14", "shop.open": "on", "shop.hosts": "" };
const letters = {
  app: "shop",
  group: "Mail",
  version: "0",
  "shop.sender": "",
  "shop.greeting": "Hello",
  "shop.site": "",
  "shop.mode": "fast",
  "shop.relay": "",
};
const sourceOf = async (name: string) => (await world.setting(name)).source;

describe("a form of settings", () => {
  test("stores what was changed in it, and nothing else", async () => {
    const { "shop.open": _, ...unticked } = orders;
    const answer = await world.submit("/admin/settings/values", { ...unticked, "shop.hosts": "a\r\n\r\n b " });
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe("/admin/settings#shop");
    await waitFor(() => world.get("open") === false);
    expect(world.get("hosts")).toEqual(["a", "b"]);
    expect(await sourceOf("shop.days")).toBe("default");
  });

  test("comes back with what was typed and what was wrong, and nothing is stored", async () => {
    const answer = await world.submit("/admin/settings/values", {
      ...letters,
      "shop.greeting": "Hi",
      "shop.sender": "ada",
    });
    expect(answer.status).toBe(422);
    const html = await answer.text();
    expect(html).toContain("Must be an e-mail address");
    expect(html).toContain('value="ada"');
    expect(html).toContain('value="Hi"');
    expect(await sourceOf("shop.greeting")).toBe("default");
  });

  test("does not send secrets back, keeps one that is left empty, and asks for one again", async () => {
    await world.submit("/admin/settings/values", { ...letters, "shop.relay": "first-word" });
    await waitFor(() => world.get("relay")?.reveal() === "first-word");
    const { version } = await readVersion();
    const seen = { ...letters, version: String(version) };
    expect((await world.submit("/admin/settings/values", { ...seen, "shop.greeting": "Hi" })).status).toBe(303);
    await waitFor(() => world.get("greeting") === "Hi");
    expect(world.get("relay")?.reveal()).toBe("first-word");
    const wrong = { ...letters, version: "9999", "shop.relay": "second-word", "shop.sender": "ada" };
    const html = await (await world.submit("/admin/settings/values", wrong)).text();
    expect(html).toContain("Type it again");
    expect(html).not.toContain("second-word");
    expect(await page("/admin/settings")).not.toContain("first-word");
  });

  test("is refused when somebody else has changed one of its settings since, not when another", async () => {
    await world.put({ "shop.greeting": "Hi" });
    const other = await world.submit("/admin/settings/values", { ...orders, "shop.days": "15" });
    expect(other.status).toBe(303);
    await world.put({ "shop.hosts": ["a"] });
    const overtaken = await world.submit("/admin/settings/values", { ...orders, "shop.days": "16" });
    expect(overtaken.status).toBe(422);
    expect(await overtaken.text()).toContain("“Days” was changed by somebody else meanwhile");
    expect((await world.setting("shop.days")).value).toBe(15);
  });

  test("of settings that are no longer there says so", async () => {
    const answer = await world.submit("/admin/settings/values", { ...orders, group: "Gone", "shop.days": "x" });
    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain("The settings of this form are no longer there.");
    expect(await sourceOf("shop.days")).toBe("default");
  });

  test("has a button that takes a stored value away", async () => {
    await world.put({ "shop.days": 20 });
    expect(await page("/admin/settings")).toContain('id="reset-shop.days"');
    const answer = await world.submit("/admin/settings/reset", { app: "shop", name: "shop.days" });
    expect(answer.status).toBe(303);
    expect(await sourceOf("shop.days")).toBe("default");
    expect(await page("/admin/settings")).not.toContain('id="reset-shop.days"');
  });
});

const readVersion = async (): Promise<{ version: number }> => {
  const [row] = await world.platform.database.admin<{ version: number }[]>`
    select version from settings.setting_version`;
  return row!;
};

describe("transfer", () => {
  test("gives a file that can be given back", async () => {
    await world.put({ "shop.days": 21 });
    const file = await world.platform.request("/admin/settings/transfer/export", { headers: world.owner });
    expect(file.headers.get("content-disposition")).toMatch(/^attachment; filename="homeport-settings-[\d-]+\.json"$/);
    const document = (await file.text()).replace("21", "22");

    const preview = await world.submit("/admin/settings/transfer", { document });
    expect(preview.status).toBe(200);
    expect(await preview.text()).toContain("Change this setting");
    expect((await world.setting("shop.days")).value).toBe(21);

    const applied = await world.submit("/admin/settings/transfer", { document, apply: "yes" });
    expect(applied.status).toBe(303);
    expect((await world.setting("shop.days")).value).toBe(22);
    expect(await (await world.submit("/admin/settings/transfer", { document })).text()).toContain("Nothing:");
  });

  for (const [name, document, says] of [
    ["no JSON", "{", "This is not JSON."],
    ["no document", '{"format": 2}', "format: is of another version"],
    [
      "a wrong value",
      '{"format": 1, "exportedAt": "2026-01-01T00:00:00Z", "settings": {"shop.days": 0}}',
      "shop.days: must be a whole number from 1 to 100 (days)",
    ],
  ] as const) {
    test(`refuses ${name} with a sentence`, async () => {
      const answer = await world.submit("/admin/settings/transfer", { document });
      expect(answer.status).toBe(422);
      expect(await answer.text()).toContain(says);
    });
  }
});

describe("keys", () => {
  test("are listed, made after a question, and told; one that is in use is not removed", async () => {
    const before = await page("/admin/settings/keys");
    for (const text of ["in use", "not counted", 'href="/admin/audit"']) expect(before).toContain(text);
    const question = await world.submit("/admin/settings/keys/rotate", {});
    const asked = await question.text();
    for (const text of ["Make a new key?", "Cancel"]) expect(asked).toContain(text);
    expect((await world.api("GET", "/keys")).body.items).toHaveLength(1);
    expect((await world.submit("/admin/settings/keys/rotate", { confirm: "yes" })).status).toBe(303);
    const { items } = (await world.api("GET", "/keys")).body;
    expect(items).toMatchObject([
      { id: 2, state: "next", remaining: null },
      { id: 1, state: "active", remaining: null },
    ]);
    expect((await world.submit("/admin/settings/keys/1/remove", { confirm: "yes" })).status).toBe(409);
    expect((await world.api("DELETE", "/keys/9")).status).toBe(404);
    expect((await world.api("POST", "/keys", {})).status).toBe(409);
    expect(await page("/admin/settings/keys")).toContain("about to be used");
    const [entry] = await world.platform.database.admin<{ content: string }[]>`
      select content from platform.audit_entries where action = 'key:rotate'`;
    expect(JSON.parse(entry!.content)).toMatchObject({ subject: { kind: "key", id: "2" }, actor: { name: "owner" } });
  });
});
