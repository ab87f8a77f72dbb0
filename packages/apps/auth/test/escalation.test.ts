import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type OrganisationWorld, type Person, startOrganisationWorld } from "./organisation-world.ts";
import { PASSWORD } from "./world.ts";

let world: OrganisationWorld;
beforeAll(async () => {
  world = await startOrganisationWorld();
  await world.project(world.ada, "shop");
}, 60_000);
afterAll(() => world?.stop());

const roleOf = async ({ id }: Person) => {
  const [row] = await world.database.admin<
    { role: string }[]
  >`select role from auth.memberships where person_id = ${id}`;
  return row?.role;
};

describe("a token that is narrowed", () => {
  const narrow = async (...scopes: string[]) => (await world.token(world.ada.headers, { scopes })).headers;

  test("gives nobody a role in the organisation, and may still take one", async () => {
    const accomplice = await world.join("viewer");
    const headers = await narrow("member:*");
    const refused = await world.call("PATCH", `/members/${accomplice.id}`, headers, { role: "owner" });
    expect([refused.status, await roleOf(accomplice)]).toEqual([403, "viewer"]);
    const taken = await world.call("PATCH", `/members/${accomplice.id}`, headers, { role: "member" });
    expect([taken.status, await roleOf(accomplice)]).toEqual([200, "member"]);
  });

  test("gives a role in a project only where it may do everything itself", async () => {
    const accomplice = await world.join("member");
    const give = async (headers: Record<string, string>, more: Record<string, unknown> = {}) => {
      const body = { who: { person: accomplice.id }, role: "admin", ...more };
      return (await world.call("PUT", "/projects/shop/grants", headers, body)).status;
    };
    expect(await give(await narrow("grant:*"))).toBe(403);
    expect(await give(await narrow("grant:*@project/shop", "service:*@project/shop"))).toBe(403);
    expect(await give(await narrow("grant:*@project/shop", "*@project/shop/environment/production"))).toBe(403);
    const there = await narrow("grant:*@project/shop", "*@project/shop/environment/production");
    expect(await give(there, { environment: "production" })).toBe(200);
    expect(await give(await narrow("*@project/shop"))).toBe(200);
  });

  test("puts nobody into a team, which may have any role", async () => {
    const accomplice = await world.join("member");
    await world.call("POST", "/teams", world.ada.headers, { slug: "backend" });
    const headers = await narrow("team:*");
    expect((await world.call("PUT", `/teams/backend/members/${accomplice.id}`, headers)).status).toBe(403);
    expect((await world.call("DELETE", `/teams/backend/members/${accomplice.id}`, headers)).status).toBe(200);
  });

  test("has made no token that goes on without it, unless that is a service account's", async () => {
    const stolen = await world.token(world.ada.headers);
    const child = await world.token(stolen.headers);
    const grandchild = await world.token(child.headers);
    await world.call("POST", "/service-accounts", world.ada.headers, { slug: "ci" });
    const made = await world.call("POST", "/service-accounts/ci/tokens", stolen.headers, { name: "ci" });
    expect((await world.remove(`/tokens/${stolen.id}`, world.ada.headers)).body).toEqual({ removed: 3 });
    const statusOf = async (headers: Record<string, string>) => (await world.get("/organisation", headers)).status;
    expect([await statusOf(child.headers), await statusOf(grandchild.headers)]).toEqual([401, 401]);
    expect(await statusOf({ authorization: `Bearer ${made.body.token}` })).toBe(200);
    const told = await world.database.admin<{ id: string }[]>`
      select data ->> 'tokenId' as id from platform.events
      where type = 'auth.access.changed' and data ->> 'tokenId' = any(${[stolen.id, child.id, grandchild.id]})`;
    expect(told.map(({ id }) => id).sort()).toEqual([stolen.id, child.id, grandchild.id].sort());
  });

  test("leaves what it made when its owner lays it down, as logging out does", async () => {
    const laptop = await world.token(world.ada.headers);
    const child = await world.token(laptop.headers);
    const kept = await world.call("DELETE", `/tokens/${laptop.id}`, laptop.headers, { keepMade: true });
    expect(kept.body).toEqual({ removed: 1 });
    expect((await world.get("/organisation", child.headers)).status).toBe(200);
  });

  test("leaves none behind that it was making when it was revoked", async () => {
    const stolen = await world.token(world.ada.headers);
    const making = Array.from({ length: 12 }, () => world.post("/tokens", { name: "more" }, stolen.headers));
    const [, ...made] = await Promise.all([world.remove(`/tokens/${stolen.id}`, world.ada.headers), ...making]);
    const left = await world.database.admin`select id from auth.api_tokens where name = 'more'`;
    const broken = made.filter(({ status }) => status >= 500);
    expect({ left: left.length, broken: broken.length }).toEqual({ left: 0, broken: 0 });
  });
});

describe("an invite", () => {
  const accept = (link: string, name = "Guest") =>
    world.call(
      "POST",
      "/invites/accept",
      {},
      { token: new URL(link).searchParams.get("token"), name, password: PASSWORD },
    );

  test("is worth no more than whoever sent it may still give", async () => {
    const owner = await world.join("owner");
    const sent = await world.call("POST", "/invites", owner.headers, { email: "alt@example.com", role: "owner" });
    const fellow = await world.call("POST", "/invites", owner.headers, { email: "fellow@example.com", role: "viewer" });
    await world.call("PATCH", `/members/${owner.id}`, world.ada.headers, { role: "admin" });
    expect((await accept(sent.body.link)).status).toBe(404);
    expect((await accept(fellow.body.link)).status).toBe(201);
    const people = await world.database.admin`select id from auth.people where email = 'alt@example.com'`;
    expect(people).toHaveLength(0);
  });

  test("that somebody else with the right to it sends once more is theirs, and works", async () => {
    const owner = await world.join("owner");
    const sent = await world.call("POST", "/invites", owner.headers, { email: "second@example.com", role: "owner" });
    await world.call("PATCH", `/members/${owner.id}`, world.ada.headers, { role: "viewer" });
    const again = await world.call("POST", `/invites/${sent.body.invite.id}/resend`, world.ada.headers, {});
    expect((await accept(again.body.link)).status).toBe(201);
  });
});

test("a team that is gone is not renamed, and no log tells that it was", async () => {
  const { body } = await world.call("POST", "/teams", world.ada.headers, { slug: "fleeting" });
  const both = await Promise.all([
    world.call("DELETE", "/teams/fleeting", world.ada.headers),
    ...Array.from({ length: 8 }, (_, n) =>
      world.call("PATCH", "/teams/fleeting", world.ada.headers, { name: `n${n}` }),
    ),
  ]);
  expect(both[0]?.status).toBe(200);
  const entries = await world.database.admin<{ action: string }[]>`
    select action from platform.audit_entries
    where content::jsonb -> 'subject' ->> 'id' = ${body.id} order by seq`;
  expect(entries.at(-1)?.action).toBe("team:remove");
});

describe("who has just lost a role", () => {
  const askOften = (ask: () => Promise<{ status: number }>) => Array.from({ length: 15 }, ask);

  test("does not take it back by a request that was on its way", async () => {
    const loser = await world.join("owner");
    const keep = () => world.call("PATCH", `/members/${loser.id}`, loser.headers, { role: "owner" });
    const take = () => world.call("PATCH", `/members/${loser.id}`, world.ada.headers, { role: "viewer" });
    const early = askOften(keep);
    const [taken] = await Promise.all([take(), ...early, ...askOften(keep)]);
    expect([taken.status, await roleOf(loser)]).toEqual([200, "viewer"]);
  });

  test("in a project, does not either", async () => {
    const loser = await world.join("member");
    const put = (headers: Record<string, string>, role: string) =>
      world.call("PUT", "/projects/shop/grants", headers, { who: { person: loser.id }, role });
    await put(world.ada.headers, "admin");
    const early = askOften(() => put(loser.headers, "admin"));
    const [taken] = await Promise.all([
      put(world.ada.headers, "viewer"),
      ...early,
      ...askOften(() => put(loser.headers, "admin")),
    ]);
    const left = await world.database.admin`select role from auth.grants where person_id = ${loser.id}`;
    expect([taken.status, left.map(({ role }) => role)]).toEqual([200, ["viewer"]]);
  });
});
