import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { type OrganisationWorld, type Person, startOrganisationWorld } from "./organisation-world.ts";

let world: OrganisationWorld;
let admin: Person;
let stranger: Person;
beforeAll(async () => {
  world = await startOrganisationWorld();
  admin = await world.join("admin");
  stranger = await world.stranger("elsewhere");
}, 60_000);
afterAll(() => world?.stop());

const setRole = (by: Person, of: Person | string, role: string) =>
  world.call("PATCH", `/members/${typeof of === "string" ? of : of.id}`, by.headers, { role });
const remove = (by: Person, of: Person) => world.call("DELETE", `/members/${of.id}`, by.headers);
const leave = (who: Person) => world.call("POST", "/members/leave", who.headers, {});

describe("the role of a member", () => {
  test("is changed by an admin, by id or address, and holds at once for their credentials", async () => {
    const bob = await world.join("member");
    const token = await world.token(bob.headers);
    expect((await world.call("GET", "/invites", token.headers)).status).toBe(403);
    expect((await setRole(admin, bob, "admin")).body).toMatchObject({ id: bob.id, role: "admin", teams: [] });
    expect((await world.call("GET", "/invites", token.headers)).status).toBe(200);
    expect((await setRole(admin, bob.email.toUpperCase(), "viewer")).body.role).toBe("viewer");
    expect((await world.call("GET", "/invites", token.headers)).status).toBe(403);
  });

  test("is an owner's to give and to take, when it is owner", async () => {
    const bob = await world.join("developer");
    expect((await setRole(admin, bob, "owner")).status).toBe(403);
    expect((await setRole(admin, world.ada, "viewer")).status).toBe(403);
    expect((await remove(admin, world.ada)).status).toBe(403);
    expect((await setRole(world.ada, bob, "owner")).status).toBe(200);
    expect((await setRole(bob, world.ada, "admin")).status).toBe(200);
    expect((await setRole(bob, world.ada, "owner")).status).toBe(200);
    expect((await setRole(world.ada, bob, "viewer")).status).toBe(200);
  });

  test("is refused to everybody else, and for what is no role", async () => {
    const bob = await world.join("member");
    for (const role of ["auditor", "deployer", "developer", "viewer", "member"]) {
      const other = await world.join(role);
      expect((await setRole(other, bob, "viewer")).status).toBe(403);
      expect((await remove(other, bob)).status).toBe(403);
      expect((await world.call("GET", "/members", other.headers)).status).toBe(200);
    }
    expect((await setRole(admin, bob, "king")).status).toBe(400);
    expect((await world.call("PATCH", `/members/${bob.id}`, {}, { role: "viewer" })).status).toBe(401);
  });

  test("of another organisation's member looks as if they were not there", async () => {
    const answers = [
      await setRole(stranger, world.ada, "viewer"),
      await setRole(stranger, world.ada.email, "viewer"),
      await setRole(stranger, Bun.randomUUIDv7(), "viewer"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    const { requestId: _a, ...foreign } = answers[0]?.body ?? {};
    const { requestId: _b, ...missing } = answers[2]?.body ?? {};
    expect(foreign).toEqual(missing);
    expect((await remove(stranger, world.ada)).status).toBe(404);
    const { body } = await world.call("GET", "/members", stranger.headers);
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual([stranger.id]);
  });
});

describe("the last owner", () => {
  test("can neither be demoted, nor removed, nor leave; one who is suspended counts for nothing", async () => {
    const owner = await world.stranger("alone");
    expect((await setRole(owner, owner, "admin")).status).toBe(409);
    expect((await remove(owner, owner)).status).toBe(409);
    expect((await leave(owner)).status).toBe(409);
    await world.database.admin`
      with person as (
        insert into auth.people (id, email, name, suspended_at)
        values (${Bun.randomUUIDv7()}, 'asleep@example.com', 'Asleep', now()) returning id
      )
      insert into auth.memberships (person_id, organisation_id, role)
      select id, ${owner.organisationId}, 'owner' from person`;
    expect((await leave(owner)).status).toBe(409);
  });

  test("stays one when two leave at the same moment: the second waits, and sees what the first has left", async () => {
    const one = await world.stranger("pair");
    const two = Bun.randomUUIDv7();
    await world.database.admin`
      with person as (
        insert into auth.people (id, email, name) values (${two}, 'two@example.com', 'Two') returning id
      )
      insert into auth.memberships (person_id, organisation_id, role)
      select id, ${one.organisationId}, 'owner' from person`;
    const waiting = async () => {
      const rows = await world.database.admin`
        select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
      return rows.length > 0;
    };
    const answer = await world.database.admin.begin(async (tx) => {
      await tx`select id from auth.organisations where id = ${one.organisationId} for no key update`;
      const leaving = leave(one);
      await waitFor(waiting);
      await tx`delete from auth.memberships where person_id = ${two}`;
      return { leaving };
    });
    expect((await answer.leaving).status).toBe(409);
    expect((await world.get("/me", one.headers)).body.role).toBe("owner");
  });

  test("of the platform is not left without an organisation", async () => {
    const second = await world.join("owner");
    expect((await leave(world.ada)).body).toMatchObject({ code: "conflict" });
    expect((await world.call("GET", "/me", world.ada.headers)).status).toBe(200);
    expect((await remove(world.ada, second)).body).toEqual({ removed: 1 });
  });
});

describe("who is removed", () => {
  test("loses sessions, tokens, teams, roles and open invites of the organisation, at once", async () => {
    const bob = await world.join("admin");
    const token = await world.token(bob.headers);
    await world.call("POST", "/teams", admin.headers, { slug: "leavers" });
    await world.call("PUT", `/teams/leavers/members/${bob.id}`, admin.headers, {});
    await world.call("POST", "/invites", bob.headers, { email: "friend@example.com" });
    expect((await remove(admin, bob)).body).toEqual({ removed: 1 });
    expect((await world.call("GET", "/me", bob.headers)).status).toBe(401);
    expect((await world.call("GET", "/me", token.headers)).status).toBe(401);
    expect((await world.call("GET", "/teams/leavers/members", admin.headers)).body.items).toEqual([]);
    const { body } = await world.call("GET", "/invites", admin.headers);
    expect(body.items.map(({ email }: { email: string }) => email)).not.toContain("friend@example.com");
    expect((await remove(admin, bob)).status).toBe(404);
  });

  test("is written down, and said to all processes", async () => {
    const bob = await world.join("viewer");
    expect((await leave(bob)).body).toEqual({ removed: 1 });
    const entries = await world.database.admin`
      select content from platform.audit_entries where content::text like ${`%${bob.id}%`}`;
    const events = await world.database.admin`
      select type from platform.events where subject = ${bob.id} order by id`;
    expect(events.map(({ type }) => type)).toEqual(["auth.access.changed", "auth.member.removed"]);
    expect(entries.length).toBeGreaterThan(0);
  });
});

test("members are listed by address, page by page, with their teams", async () => {
  await world.call("POST", "/teams", admin.headers, { slug: "listed" });
  await world.call("PUT", `/teams/listed/members/${admin.email}`, admin.headers, {});
  const seen: { email: string; teams: string[] }[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await world.call("GET", `/members?limit=2${query}`, admin.headers);
    expect(body.items.length).toBeLessThanOrEqual(2);
    seen.push(...body.items);
    cursor = body.nextCursor;
  } while (cursor !== null);
  const emails = seen.map(({ email }) => email);
  expect(emails).toEqual([...new Set(emails)].sort());
  expect(seen.find(({ email }) => email === admin.email)?.teams).toContain("listed");
});
