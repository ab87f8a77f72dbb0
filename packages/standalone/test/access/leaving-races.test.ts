import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { AT_ONCE, atOnce, brokenOf } from "./at-once.ts";
import { ADA, type House, type RequestHeaders, startHouse } from "./house.ts";

const LONG = 60_000;

let house: House;
beforeAll(async () => {
  house = await startHouse();
}, 120_000);
afterAll(() => house?.stop());

const api = (path: string): string => `/api/v1/auth${path}`;
const short = (): string => Bun.randomUUIDv7().slice(-10);

const owners = async (organisationId: string): Promise<number> => {
  const [row] = await house.database.admin<[{ count: number }]>`
    select count(*)::int as count from auth.memberships where organisation_id = ${organisationId} and role = 'owner'`;
  return row.count;
};

describe("an organisation keeps an owner", () => {
  /** An organisation with two owners who have a session in it. */
  const twoOwners = async () => {
    const organisation = await house.people.addOrganisation(`o${short()}`);
    const ids = [
      await house.people.addMember(organisation, "owner"),
      await house.people.addMember(organisation, "owner"),
    ];
    const sessions: RequestHeaders[] = [];
    for (const id of ids) sessions.push((await house.people.session(id, organisation.id)).headers);
    return { organisation, ids, sessions };
  };

  test(
    "when both of its last two leave, a hundred times over",
    async () => {
      const { organisation, sessions } = await twoOwners();
      const answers = await atOnce((index) =>
        house.ask("POST", api("/members/leave"), { headers: sessions[index % 2] ?? {}, json: {} }),
      );
      expect(brokenOf(answers)).toEqual([]);
      expect(await owners(organisation.id)).toBe(1);
    },
    LONG,
  );

  test(
    "when each of its last two makes the other one a viewer, or themselves",
    async () => {
      const { organisation, ids, sessions } = await twoOwners();
      const answers = await atOnce((index) =>
        house.ask("PATCH", api(`/members/${ids[index % 4 < 2 ? index % 2 : 1 - (index % 2)]}`), {
          headers: sessions[index % 2] ?? {},
          json: { role: "viewer" },
        }),
      );
      expect(brokenOf(answers)).toEqual([]);
      expect(await owners(organisation.id)).toBe(1);
    },
    LONG,
  );

  test(
    "when its last two remove each other, and delete their accounts meanwhile",
    async () => {
      const { organisation, ids, sessions } = await twoOwners();
      await house.database.admin`
      insert into deployments.projects (id, organisation_id, organisation_slug, slug)
      values (${Bun.randomUUIDv7()}, ${organisation.id}, ${organisation.slug}, 'stays')`;
      await house.database.admin`
      insert into auth.projects (organisation_id, id, slug) values (${organisation.id}, ${Bun.randomUUIDv7()}, 'stays')`;
      const emails = await house.database.admin<{ id: string; email: string }[]>`
      select id, email from auth.people where id = any (${ids})`;
      const answers = await atOnce((index) => {
        const mine = index % 2;
        const headers = sessions[mine] ?? {};
        const confirm = emails.find(({ id }) => id === ids[mine])?.email;
        return index % 4 < 2
          ? house.ask("DELETE", api(`/members/${ids[1 - mine]}`), { headers })
          : house.ask("DELETE", api("/me"), { headers, json: { confirm } });
      });
      expect(brokenOf(answers)).toEqual([]);
      expect(await owners(organisation.id)).toBe(1);
    },
    LONG,
  );
});

describe("nothing is left of who goes", () => {
  test(
    "when an account is deleted while tokens of it are made",
    async () => {
      const { id, email, headers } = await house.member("viewer");
      const answers = await atOnce((index) =>
        index === AT_ONCE / 2
          ? house.ask("DELETE", api("/me"), { headers, json: { confirm: email } })
          : house.ask("POST", api("/tokens"), { headers, json: { name: `t${index}` } }),
      );
      expect(brokenOf(answers)).toEqual([]);
      expect(answers[AT_ONCE / 2]?.status).toBe(200);
      expect(await house.database.admin`select from auth.people where id = ${id}`).toHaveLength(0);
      expect(await house.database.admin`select from auth.api_tokens where person_id = ${id}`).toHaveLength(0);
    },
    LONG,
  );

  test(
    "when a member is removed while they are given roles, put into teams and into sessions",
    async () => {
      const { headers } = house.ada;
      const slug = `r${short()}`;
      expect((await house.ask("POST", "/api/v1/deployments/projects", { headers, json: { slug } })).status).toBe(201);
      expect((await house.ask("POST", api("/teams"), { headers, json: { slug } })).status).toBe(201);
      const { id, email, headers: theirs } = await house.member("member");
      const grant = { who: { person: id }, role: "developer" };
      const answers = await atOnce((index) => {
        if (index === AT_ONCE / 2) return house.ask("DELETE", api(`/members/${id}`), { headers });
        if (index % 4 === 0) return house.ask("PUT", api(`/teams/${slug}/members/${id}`), { headers, json: {} });
        if (index % 4 === 1) return house.ask("POST", api("/tokens"), { headers: theirs, json: { name: `t${index}` } });
        if (index % 4 === 2) return house.ask("PUT", api(`/projects/${slug}/grants`), { headers, json: grant });
        return house.ask("POST", api("/sessions"), { json: { email, password: ADA.password } });
      });
      expect(brokenOf(answers)).toEqual([]);
      expect(answers[AT_ONCE / 2]?.status).toBe(200);
      const { admin } = house.database;
      const organisationId = house.organisation.id;
      expect(await admin`select from auth.memberships where person_id = ${id}`).toHaveLength(0);
      expect(await admin`select from auth.grants where person_id = ${id}`).toHaveLength(0);
      expect(await admin`select from auth.team_members where person_id = ${id}`).toHaveLength(0);
      expect(
        await admin`select from auth.api_tokens where person_id = ${id} and organisation_id = ${organisationId}`,
      ).toHaveLength(0);
      expect(
        await admin`select from auth.sessions where person_id = ${id} and organisation_id = ${organisationId}`,
      ).toHaveLength(0);
    },
    LONG,
  );
});
