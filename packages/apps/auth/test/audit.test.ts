import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { runInCall } from "@homeport/kit/audit/call.ts";
import { verifyLines } from "@homeport/kit/audit/verify.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import type { TestOrganisation } from "@homeport/kit/test/app.ts";
import { createAuditLoad } from "../src/service/audit-load.ts";
import { type AuditWorld, startAuditWorld } from "./audit-world.ts";

let world: AuditWorld;
beforeAll(async () => {
  world = await startAuditWorld();
}, 60_000);
afterAll(() => world?.stop());

let organisations = 0;
const newOrganisation = (): TestOrganisation => world.organisation(`org-${++organisations}`);

/** An organisation with entries about these subjects, in this order. */
const withEntries = async (...ids: string[]): Promise<TestOrganisation> => {
  const organisation = newOrganisation();
  for (const id of ids) await world.write(organisation.id, { subject: { kind: "order", id } });
  return organisation;
};
const subjects = (body: { items: { subject: { id: string } }[] }): string[] =>
  body.items.map(({ subject }) => subject.id);

/** As somebody with every right on the database would. */
const alter = async ({ id }: TestOrganisation, seq: number): Promise<void> => {
  await world.database.admin`
    update platform.audit_entries set content = replace(content, 'order:place', 'order:praise')
    where organisation_id = ${id} and seq = ${seq}`;
};

describe("the list", () => {
  test("is newest first, page by page, and the organisation's own", async () => {
    const [home, other] = [await withEntries("1", "2", "3", "4", "5"), await withEntries("foreign")];
    const headers = world.as(home, "auditor");
    const first = await world.get("/audit?limit=2", headers);
    expect(first.body.items[0]).toMatchObject({
      seq: 5,
      action: "order:place",
      organisationId: home.id,
      actor: { kind: "app", id: "shop", credential: null },
    });
    expect(subjects(first.body)).toEqual(["5", "4"]);
    await world.write(home.id); // what comes meanwhile moves nothing
    const second = await world.get(`/audit?limit=2&cursor=${first.body.nextCursor}`, headers);
    const third = await world.get(`/audit?limit=2&cursor=${second.body.nextCursor}`, headers);
    expect([subjects(second.body), subjects(third.body), third.body.nextCursor]).toEqual([["3", "2"], ["1"], null]);
    expect(subjects((await world.get("/audit", world.as(other))).body)).toEqual(["foreign"]);
  });

  test("is not for everybody", async () => {
    const home = newOrganisation();
    const statuses = ["owner", "admin", "auditor", "developer", "member"] as const;
    const answers = await Promise.all(statuses.map((role) => world.get("/audit", world.as(home, role))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 403, 403]);
    expect((await world.get("/audit", {})).status).toBe(401);
    expect((await world.get("/audit", await world.asApp("ci"))).status).toBe(404);
  });

  test("refuses what it cannot mean", async () => {
    const headers = world.as(newOrganisation());
    for (const query of [
      "limit=101",
      "cursor=x",
      "cursor=-1",
      "project=mine",
      "from=yesterday",
      `text=${"x".repeat(201)}`,
    ]) {
      expect([query, (await world.get(`/audit?${query}`, headers)).status]).toEqual([query, 400]);
    }
  });
});

describe("a filter", () => {
  let home: TestOrganisation;
  const project = Bun.randomUUIDv7();
  beforeAll(async () => {
    home = newOrganisation();
    const ada = home.principal("owner");
    const call = { principal: ada, address: "192.0.2.7", requestId: "request-1" };
    const order = (id: string) => ({ kind: "order", id });
    await world.write(home.id, { subject: order("placed"), action: "order:place" });
    await world.write(home.id, { subject: order("paid"), action: "order:pay", projectId: project });
    await runInCall(call, () => world.write(home.id, { subject: order("by ada"), action: "basket:empty" }));
    await world.write(home.id, {
      subject: order("noted"),
      action: "note:add",
      after: { text: 'She said "100%_sure"' },
    });
  });
  const rows: { name: string; query: () => Record<string, string>; found: string[] }[] = [
    { name: "by a whole action", query: () => ({ action: "order:pay" }), found: ["paid"] },
    { name: "by what the action begins with", query: () => ({ action: "order:" }), found: ["paid", "placed"] },
    {
      name: "by who did it",
      query: () => ({ actor: (home.principal("owner") as { personId: string }).personId }),
      found: ["by ada"],
    },
    { name: "by what it was done to", query: () => ({ subject: "noted" }), found: ["noted"] },
    { name: "by project", query: () => ({ project }), found: ["paid"] },
    { name: "by text in any case", query: () => ({ text: "SHE SAID" }), found: ["noted"] },
    { name: "by text with quotes and marks", query: () => ({ text: '"100%_' }), found: ["noted"] },
    { name: "by address", query: () => ({ text: "192.0.2.7" }), found: ["by ada"] },
    { name: "by several at once", query: () => ({ action: "order:", project }), found: ["paid"] },
    { name: "from a time on", query: () => ({ from: new Date(Date.now() + 3_600_000).toISOString() }), found: [] },
    { name: "up to a time", query: () => ({ to: new Date(Date.now() - 3_600_000).toISOString() }), found: [] },
    {
      name: "between times",
      query: () => ({
        from: new Date(Date.now() - 3_600_000).toISOString(),
        to: new Date(Date.now() + 3_600_000).toISOString(),
      }),
      found: ["noted", "by ada", "paid", "placed"],
    },
  ];
  for (const { name, query, found } of rows) {
    test(name, async () => {
      const { body } = await world.get(`/audit?${new URLSearchParams(query())}`, world.as(home));
      expect(subjects(body)).toEqual(found);
    });
  }
});

describe("a check", () => {
  test("says that a log is whole, and where it is not", async () => {
    const home = await withEntries("1", "2", "3");
    await world.logs.makeCheckpoints(new AbortController().signal);
    const whole = await world.get("/audit/verify", world.as(home));
    expect(whole.body).toEqual({
      ok: true,
      entries: 3,
      head: { seq: 3, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    await alter(home, 2);
    const broken = await world.get("/audit/verify", world.as(home));
    expect(broken.body).toEqual({ ok: false, brokenAt: 2, why: "Entry 2 was altered." });
    expect((await world.get("/audit/verify", world.as(home, "viewer"))).status).toBe(403);
  });

  test("of all logs raises the alarm about each that was changed", async () => {
    const [good, bad] = [await withEntries("1"), await withEntries("1")];
    await alter(bad, 1);
    await world.logs.verifyAll(new AbortController().signal);
    const events = await world.database.admin<{ data: unknown }[]>`
      select data from platform.events
      where type = 'auth.audit.broken' and organisation_id in (${good.id}, ${bad.id})`;
    expect(events.map(({ data }) => data)).toEqual([{ brokenAt: 1, why: "Entry 1 was altered." }]);
  });
});

describe("whoever reads whole logs leaves room for others", () => {
  const { signal } = new AbortController();
  const ownerOf = ({ id }: TestOrganisation) => id as OrganisationId;
  const everything = { action: null, actor: null, subject: null, project: null, from: null, to: null, text: null };
  const limited = expect.objectContaining({ code: "rate_limited", retryAfterSeconds: 5 });

  test("a log is checked once at a time, and another one meanwhile", async () => {
    const [home, other] = [ownerOf(await withEntries("1")), ownerOf(await withEntries("1"))];
    const [first, second, third] = await Promise.allSettled(
      [home, home, other].map((owner) => world.logs.verify(owner, signal)),
    );
    expect([first?.status, second, third?.status]).toEqual([
      "fulfilled",
      { status: "rejected", reason: limited },
      "fulfilled",
    ]);
    expect(await world.logs.verify(home, signal)).toMatchObject({ ok: true });
  });

  test("a log is exported once at a time; an export that nobody reads holds no place, nor one that ended", async () => {
    const home = await withEntries("1");
    const owner = ownerOf(home);
    const begin = () => world.logs.exportLines(owner, everything, "jsonl");
    begin();
    const reading = begin();
    await reading.next();
    expect(begin).toThrow("exported already");
    const refused = await world.request("/api/v1/auth/audit/export", { headers: world.as(home) });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "5"]);
    await reading.return();
    expect((await begin().next()).done).toBe(false);
  });

  test("two searches run at once, others wait for their turn, and too many are sent away", async () => {
    const load = createAuditLoad();
    const gate = Promise.withResolvers<void>();
    let [running, most] = [0, 0];
    const search = () =>
      load.inTurn(async () => {
        most = Math.max(most, ++running);
        await gate.promise;
        running -= 1;
      });
    const all = Array.from({ length: 52 }, search);
    await expect(search()).rejects.toMatchObject({ code: "rate_limited" });
    gate.resolve();
    await Promise.all(all);
    await load.inTurn(() => Promise.reject(new Error("fails"))).catch(() => undefined);
    await Promise.all([search(), search(), search()]);
    expect([most, running]).toEqual([2, 0]);
  });
});

describe("an export", () => {
  const download = async (path: string, home: TestOrganisation) => {
    const response = await world.request(`/api/v1/auth${path}`, { headers: world.as(home) });
    return { response, text: await response.text() };
  };

  test("has all entries in their order, and can be verified elsewhere", async () => {
    const home = newOrganisation();
    for (let i = 1; i <= 450; i++) await world.write(home.id, { subject: { kind: "order", id: String(i) } });
    const { response, text } = await download("/audit/export", home);
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="audit.jsonl"');
    const lines = text.split("\n");
    expect(await verifyLines(lines)).toMatchObject({ ok: true, entries: 450, head: { seq: 450 } });
    expect(await verifyLines(lines.toSpliced(200, 1))).toMatchObject({ ok: false, brokenAt: 201 });
  }, 20_000);

  test("as CSV is safe to open, and narrowed like the list", async () => {
    const home = newOrganisation();
    await world.write(home.id, { subject: { kind: "order", id: "1", name: '=HYPERLINK("http://evil")' } });
    await world.write(home.id, { action: "order:pay" });
    const { response, text } = await download("/audit/export?format=csv&action=order:place", home);
    expect(response.headers.get("content-type")).toStartWith("text/csv");
    const [header, line, end] = text.split("\r\n");
    expect(header).toStartWith("number,time,action,");
    expect(line).toContain(`,order,1,"'=HYPERLINK(""http://evil"")",`);
    expect(end).toBe("");
  });

  test("refuses what it cannot mean, and whoever may not read", async () => {
    const home = newOrganisation();
    expect((await download("/audit/export?format=xml", home)).response.status).toBe(400);
    const viewer = await world.request("/api/v1/auth/audit/export", { headers: world.as(home, "viewer") });
    expect(viewer.status).toBe(403);
  });
});

test("the platform's log is for who runs the platform, and nobody else knows of it", async () => {
  await world.write(null, { subject: { kind: "setting", id: "of the platform" } });
  const other = await withEntries("1");
  const operator = world.as(world.home);
  expect(subjects((await world.get("/admin/audit", operator)).body)).toEqual(["of the platform"]);
  expect((await world.get("/admin/audit/verify", operator)).body).toMatchObject({ ok: true, entries: 1 });
  const page = await world.request("/admin/audit", { headers: operator });
  expect(await page.text()).toContain("of the platform");
  for (const path of ["/admin/audit", "/admin/audit/verify", "/admin/audit/export"]) {
    expect((await world.get(path, world.as(other))).status).toBe(404);
  }
});

describe("the page", () => {
  const open = async (path: string, home: TestOrganisation, method = "GET") => {
    const headers = {
      ...world.as(home),
      ...(method === "POST" ? { "content-type": "application/x-www-form-urlencoded" } : {}),
    };
    const response = await world.request(path, { method, headers });
    return { status: response.status, text: await response.text() };
  };

  test("shows who changed what, with before and after folded away", async () => {
    const home = newOrganisation();
    const call = { principal: home.principal("admin"), address: "192.0.2.9", requestId: "request-9" };
    const change = { before: { size: 1, password: "old" }, after: { size: 2, password: "new" } };
    const subject = { kind: "order", id: "order-7", name: "<b>Order 7</b>" };
    await runInCall(call, () => world.write(home.id, { ...change, subject, reason: "too small" }));
    const { status, text } = await open("/organisation/audit", home);
    expect(status).toBe(200);
    for (const words of [
      "order:place",
      "&lt;b&gt;Order 7&lt;/b&gt;",
      "192.0.2.9",
      "2 changes",
      "too small",
      "request-9",
      "[secret]",
    ]) {
      expect(text).toContain(words);
    }
    expect(text).toMatch(/<details[^>]*><summary/);
    expect(text).not.toContain("<b>Order 7");
    expect(text).not.toContain(">old<");
  });

  test("keeps its filter through pages and exports", async () => {
    const home = newOrganisation();
    for (let i = 0; i < 51; i++) await world.write(home.id, { action: "order:pay" });
    await world.write(home.id, { subject: { kind: "order", id: "filtered out" } });
    const today = new Date().toISOString().slice(0, 10);
    const { text } = await open(`/organisation/audit?action=order:pay&to=${today}`, home);
    expect(text).not.toContain("filtered out");
    const next = /href="(\/organisation\/audit\?[^"]*cursor=[^"]*)"/.exec(text)?.[1]?.replaceAll("&amp;", "&") ?? "";
    expect(next).toContain("action=order%3Apay");
    const older = await open(next, home);
    expect(older.text.match(/<summary[^>]*>Details/g)).toHaveLength(1);
    const csv = /href="([^"]*export[^"]*format=csv)"/.exec(text)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const exported = await world.request(csv, { headers: world.as(home) });
    expect((await exported.text()).trimEnd().split("\r\n")).toHaveLength(52);
  });

  test("checks the log when asked, and says so when it was changed", async () => {
    const home = await withEntries("1", "2");
    expect((await open("/organisation/audit/verify", home, "POST")).text).toContain("Nothing was changed or removed.");
    await alter(home, 2);
    const { text } = await open("/organisation/audit/verify", home, "POST");
    expect(text).toContain("This log was changed at entry 2.");
  });

  test("says that there is nothing yet, and what it cannot mean it leaves out", async () => {
    const home = newOrganisation();
    expect((await open("/organisation/audit", home)).text).toContain("Nothing was changed yet");
    const odd = await open("/organisation/audit?project=mine&from=yesterday&text=%20", home);
    expect(odd.text).toContain("Nothing was changed yet");
    expect((await open("/organisation/audit?action=nothing:like-it", home)).text).toContain("No such entries");
  });
});
