import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { Secret } from "@homeport/kit/secret.ts";
import { createSessions } from "../src/service/sessions.ts";
import { ABSOLUTE_MS, IDLE_MS, lifetimeOf, MAX_SESSIONS } from "../src/session.ts";
import { ADA, startWorld, type World } from "./world.ts";

const BOB = "bob@example.com";

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.addPerson(BOB, "viewer");
}, 60_000);
afterAll(() => world?.stop());
beforeEach(async () => {
  await world.database.admin`delete from auth.sessions`;
});

const list = async (browser: { cookie: string }) => (await world.get("/sessions", browser)).body.items;

describe("sessions", () => {
  test("are listed with where they come from, the own one marked, others' never", async () => {
    const first = await world.signIn();
    await world.post(
      "/sessions",
      { email: ADA, password: "correct horse battery" },
      {
        "user-agent": "x".repeat(1_000),
        "x-forwarded-for": "1.2.3.4, 10.0.0.9",
      },
    );
    await world.signIn(BOB);
    const own = await list(first);
    expect(own).toHaveLength(2);
    expect(own.map((session: { current: boolean }) => session.current)).toEqual([false, true]);
    expect(own[0]).toMatchObject({ address: "10.0.0.9", userAgent: "x".repeat(300) });
    expect(JSON.stringify(own)).not.toContain(first.cookie.split("=")[1] ?? "-");
  });

  test("one can be ended from another; it is over at once and for ever", async () => {
    const here = await world.signIn();
    const there = await world.signIn();
    const [newest] = await list(here);
    expect((await world.remove(`/sessions/${newest.id}`, here)).body).toEqual({ removed: 1 });
    expect((await world.get("/me", there)).status).toBe(401);
    expect((await world.get("/me", here)).status).toBe(200);
    expect((await world.remove(`/sessions/${newest.id}`, here)).status).toBe(404);
  });

  test("somebody else's look as if they were not there", async () => {
    const ada = await world.signIn();
    const bob = await world.signIn(BOB);
    const [session] = await list(ada);
    const foreign = await world.remove(`/sessions/${session.id}`, bob);
    const missing = await world.remove(`/sessions/${Bun.randomUUIDv7()}`, bob);
    expect(foreign.status).toBe(404);
    expect({ ...foreign.body, requestId: "" }).toEqual({ ...missing.body, requestId: "" });
    expect((await world.remove("/sessions/nonsense", bob)).status).toBe(400);
    expect((await world.get("/me", ada)).status).toBe(200);
  });

  test("all can be ended at once, this one included, by the API and by the page", async () => {
    const browsers = [await world.signIn(), await world.signIn(), await world.signIn()];
    expect((await world.remove("/sessions", browsers[0] as { cookie: string })).body).toEqual({ removed: 3 });
    for (const browser of browsers) expect((await world.get("/me", browser)).status).toBe(401);
    const browser = await world.signIn();
    const page = await world.submit("/account/sessions/revoke", {}, browser);
    expect(page.headers.get("location")).toBe("/sign-in");
    expect((await world.get("/me", browser)).status).toBe(401);
  });

  test("a person has at most so many: the oldest go", async () => {
    const oldest = await world.signIn();
    await world.database.admin`
      insert into auth.sessions (id, person_id, organisation_id, token_hash, user_agent, address)
      select gen_random_uuid(), person_id, organisation_id, decode(md5(i::text), 'hex'), '', ''
      from auth.sessions, generate_series(1, ${MAX_SESSIONS - 1}) as i`;
    await world.signIn(BOB);
    expect((await world.get("/me", oldest)).status).toBe(200);
    const newest = await world.signIn();
    expect((await world.get("/me", oldest)).status).toBe(401);
    expect(await list(newest)).toHaveLength(MAX_SESSIONS);
    const [entry] = await world.database.admin<{ content: string }[]>`
      select content from platform.audit_entries where action = 'session:create' order by id desc limit 1`;
    const { after, subject, actor } = JSON.parse(entry?.content ?? "{}");
    expect(after).toMatchObject({ endedSessionCount: 1 });
    expect([subject.name, actor.name]).toEqual(["Ada", "Ada"]);
  });
});

describe("a session ends by itself", () => {
  const age = (createdMs: number, seenMs: number) => world.database.admin`
    update auth.sessions set
      created_at = now() - ${createdMs} * interval '1 millisecond',
      last_seen_at = now() - ${seenMs} * interval '1 millisecond'`;

  test("when it was not used for a week", async () => {
    const browser = await world.signIn();
    await age(IDLE_MS - 60_000, IDLE_MS - 60_000);
    expect((await world.get("/me", browser)).status).toBe(200);
    await age(IDLE_MS + 60_000, IDLE_MS + 1_000);
    expect((await world.get("/me", browser)).status).toBe(401);
  });

  test("a month after it began, however often it is used", async () => {
    const browser = await world.signIn();
    await age(ABSOLUTE_MS + 1_000, 0);
    expect((await world.get("/me", browser)).status).toBe(401);
  });

  test("using it is written down, at most once a minute", async () => {
    const browser = await world.signIn();
    const seen = async () =>
      (await world.database.admin<{ at: Date }[]>`select last_seen_at as at from auth.sessions`)[0]?.at.getTime() ?? 0;
    await age(0, 30_000);
    const before = await seen();
    await world.get("/me", browser);
    expect(await seen()).toBe(before);
    await age(0, 61_000);
    await world.get("/me", browser);
    expect(Date.now() - (await seen())).toBeLessThan(30_000);
  });

  test("sooner or later where the settings say so", async () => {
    const { cookie } = await world.signIn();
    const value = new Secret(cookie.split("=")[1] ?? "");
    const sql = world.database.connect("auth");
    const resolve = (idleDays: number, absoluteDays: number) =>
      createSessions(sql, () => lifetimeOf(idleDays, absoluteDays)).resolve(value);
    await age(40 * 86_400_000, 3 * 86_400_000);
    expect(await resolve(7, 30)).toBeNull();
    expect(await resolve(2, 60)).toBeNull();
    expect(await resolve(4, 41)).not.toBeNull();
  });

  test("and its row goes with the next tidying, as do windows that ended", async () => {
    await world.signIn();
    await age(ABSOLUTE_MS + 1_000, 0);
    const alive = await world.signIn();
    await world.database.admin`
      insert into auth.sign_in_failures (subject, failure_count, window_ends_at)
      values ('address:old', 3, now() - interval '1 second'), ('address:new', 3, now() + interval '1 minute')`;
    await createSessions(world.database.connect("auth"), () => lifetimeOf(7, 30)).tidy();
    expect(await list(alive)).toHaveLength(1);
    const subjects = await world.database.admin<{ subject: string }[]>`select subject from auth.sign_in_failures`;
    expect(subjects.map(({ subject }) => subject)).toContain("address:new");
    expect(subjects.map(({ subject }) => subject)).not.toContain("address:old");
  });
});

test("members are listed by e-mail address, in pages", async () => {
  const browser = await world.signIn();
  const first = (await world.get("/members?limit=1", browser)).body;
  expect(first).toMatchObject({ items: [{ email: ADA, role: "owner" }], nextCursor: ADA });
  const rest = (await world.get(`/members?cursor=${encodeURIComponent(first.nextCursor)}`, browser)).body;
  expect(rest).toMatchObject({ items: [{ email: BOB, role: "viewer" }], nextCursor: null });
  expect((await world.get("/members?limit=0", browser)).status).toBe(400);
  expect((await world.get("/members?cursor=%00", browser)).status).toBe(400);
});
