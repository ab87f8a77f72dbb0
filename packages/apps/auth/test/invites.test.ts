import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type OrganisationWorld, type Person, startOrganisationWorld } from "./organisation-world.ts";
import { cookieOf, PASSWORD } from "./world.ts";

let world: OrganisationWorld;
let admin: Person;
let stranger: Person;
beforeAll(async () => {
  world = await startOrganisationWorld();
  admin = await world.join("admin");
  stranger = await world.stranger("elsewhere");
}, 60_000);
afterAll(() => world?.stop());

let made = 0;
const someone = () => {
  made += 1;
  return `guest-${made}@example.com`;
};
const invite = (by: Person | { headers: Record<string, string> }, body: Record<string, unknown>) =>
  world.call("POST", "/invites", by.headers, body);
const tokenIn = (link: string) => new URL(link).searchParams.get("token") ?? "";
const invited = async (by: Person, body: Record<string, unknown> = {}) => {
  const email = someone();
  const answer = await invite(by, { email, ...body });
  expect(answer.status).toBe(201);
  return { email, id: answer.body.invite.id, token: tokenIn(answer.body.link), link: answer.body.link };
};
const accept = (token: string, headers: Record<string, string> = {}, given: Record<string, unknown> = {}) =>
  world.call("POST", "/invites/accept", headers, { token, ...given });
const account = { name: "Guest", password: PASSWORD };

describe("an invite", () => {
  test("makes an account that is signed in, in its role and teams", async () => {
    await world.call("POST", "/teams", admin.headers, { slug: "guests" });
    const { email, token } = await invited(admin, { role: "developer", teams: ["guests"] });
    const shown = await world.call("POST", "/invites/lookup", {}, { token });
    const organisation = { slug: "home", name: "home" };
    expect(shown.body).toEqual({ organisation, email, role: "developer", needsAccount: true });
    const accepted = await accept(token, {}, account);
    expect([accepted.status, accepted.body.role]).toEqual([201, "developer"]);
    const cookie = { cookie: cookieOf(accepted.headers) };
    expect((await world.get("/me", cookie)).body.person).toMatchObject({ email, name: "Guest" });
    const { body } = await world.call("GET", "/teams/guests/members", cookie);
    expect(body.items.map((member: { email: string }) => member.email)).toEqual([email]);
    expect((await accept(token, {}, account)).status).toBe(404);
    await world.signIn(email);
  });

  test("links to the platform's own address, and its token is stored nowhere", async () => {
    const { token, link } = await invited(admin);
    expect(link).toBe(`${world.platform.config.appUrl.origin}/invite?token=${token}`);
    expect(token).toMatch(/^[\w-]{43}$/);
    const stored = await world.database.admin`
      select (select jsonb_agg(to_jsonb(i)) from auth.invites i)::text as invites,
        (select jsonb_agg(to_jsonb(e)) from platform.events e)::text as events,
        (select jsonb_agg(to_jsonb(a)) from platform.audit_entries a)::text as entries`;
    expect(JSON.stringify(stored)).not.toContain(token);
    expect(JSON.stringify(stored[0]?.events)).not.toContain("guest-");
  });

  test("is used once, when a hundred accept it at the same moment", async () => {
    const { token, email } = await invited(admin);
    const answers = await Promise.all(Array.from({ length: 100 }, () => accept(token, {}, account)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(new Set(statuses)).toEqual(new Set([201, 404]));
    const people = await world.database.admin`select id from auth.people where email = ${email}`;
    expect(people).toHaveLength(1);
  }, 60_000);

  test("for an address with an account wants exactly that account signed in, and moves its session", async () => {
    const bob = await world.stranger("bobs");
    const sent = await invite(admin, { email: bob.email, role: "viewer" });
    const token = tokenIn(sent.body.link);
    expect((await accept(token)).status).toBe(401);
    expect((await accept(token, {}, { name: "Thief", password: "another password" })).status).toBe(401);
    expect((await accept(token, stranger.headers)).status).toBe(403);
    const apiToken = await world.token(bob.headers);
    expect((await accept(token, apiToken.headers)).status).toBe(401);
    expect((await accept(token, bob.headers)).body).toMatchObject({ organisation: { slug: "home" }, role: "viewer" });
    expect((await world.get("/me", bob.headers)).body.organisation.slug).toBe("home");
    await world.signIn(bob.email); // with the password of before
  });

  test("wants a name and a password for a new account", async () => {
    const { token } = await invited(admin);
    const { status, body } = await accept(token);
    expect([status, body.errors.map(({ path }: { path: string }) => path)]).toEqual([400, ["name", "password"]]);
    expect((await accept(token, {}, { name: "Guest", password: "short" })).status).toBe(400);
    expect((await accept(token, {}, account)).status).toBe(201);
  });

  test("ends by its time, by being revoked, and by a new link", async () => {
    const late = await invited(admin);
    await world.database.admin`update auth.invites set expires_at = now() - interval '1 second' where id = ${late.id}`;
    const revoked = await invited(admin);
    expect((await world.call("DELETE", `/invites/${revoked.id}`, admin.headers)).body).toEqual({ removed: 1 });
    const renewed = await invited(admin);
    const again = await world.call("POST", `/invites/${renewed.id}/resend`, admin.headers, {});
    for (const { token } of [late, revoked, renewed]) {
      expect((await accept(token, {}, account)).status).toBe(404);
      expect((await world.call("POST", "/invites/lookup", {}, { token })).status).toBe(404);
    }
    expect((await accept(tokenIn(again.body.link), {}, account)).status).toBe(201);
    expect((await invite(admin, { email: late.email })).status).toBe(201); // the one that ended is out of the way
  });

  test("ends with who sent it: removed, suspended, or gone from the platform", async () => {
    const removed = await world.join("admin");
    const first = await invited(removed);
    await world.call("DELETE", `/members/${removed.id}`, admin.headers);
    const suspended = await world.join("admin");
    const second = await invited(suspended);
    await world.database.admin`update auth.people set suspended_at = now() where id = ${suspended.id}`;
    const gone = await world.join("admin");
    const third = await invited(gone);
    await world.database.admin`delete from auth.people where id = ${gone.id}`;
    for (const { token } of [first, second, third]) expect((await accept(token, {}, account)).status).toBe(404);
  });

  test("does not let in who the rules for signing in keep out", async () => {
    const { email, token } = await invited(admin);
    await world.database.admin`
      insert into auth.sign_in_rules (id, effect, kind, pattern) values (${Bun.randomUUIDv7()}, 'deny', 'email', ${email})`;
    expect((await accept(token, {}, account)).status).toBe(403);
    await world.database.admin`delete from auth.sign_in_rules`;
    expect((await accept(token, {}, account)).status).toBe(201);
  });

  test("does not count as a proof of the address: whoever invites has seen the link", async () => {
    const { email, token } = await invited(admin);
    await accept(token, {}, account);
    const [row] = await world.database.admin`select email_verified_at from auth.people where email = ${email}`;
    expect(row?.email_verified_at).toBeNull();
  });
});

describe("inviting", () => {
  test("is for owners and admins, and never above one's own role", async () => {
    for (const role of ["auditor", "deployer", "developer", "viewer", "member"]) {
      const other = await world.join(role);
      expect((await invite(other, { email: someone() })).status).toBe(403);
      expect((await world.call("GET", "/invites", other.headers)).status).toBe(403);
    }
    expect((await invite(admin, { email: someone(), role: "owner" })).status).toBe(403);
    const owners = await invited(world.ada, { role: "owner" });
    const { body } = await world.call("GET", "/invites?limit=100", admin.headers);
    expect(body.items.map(({ email }: { email: string }) => email)).not.toContain(owners.email);
    expect((await world.call("POST", `/invites/${owners.id}/resend`, admin.headers, {})).status).toBe(404);
    expect((await world.call("DELETE", `/invites/${owners.id}`, admin.headers)).status).toBe(404);
    expect((await world.call("DELETE", `/invites/${owners.id}`, stranger.headers)).status).toBe(404);
    expect((await world.call("DELETE", `/invites/${owners.id}`, world.ada.headers)).body).toEqual({ removed: 1 });
  });

  test("by a token needs one that is not narrowed, and no service account does it", async () => {
    const narrow = await world.token(admin.headers, { scopes: ["invite:*"] });
    expect((await invite(narrow, { email: someone() })).status).toBe(403);
    const whole = await world.token(admin.headers);
    expect((await invite(whole, { email: someone() })).status).toBe(201);
    await world.call("POST", "/service-accounts", admin.headers, { slug: "inviter", role: "admin" });
    const { body } = await world.call("POST", "/service-accounts/inviter/tokens", admin.headers, { name: "x" });
    const robot = { headers: { authorization: `Bearer ${body.token}` } };
    expect((await invite(robot, { email: someone() })).status).toBe(403);
    expect((await world.call("GET", "/invites", robot.headers)).status).toBe(200);
  });

  test("a member, twice, into what is not there, or with nonsense, is refused", async () => {
    const { email } = await invited(admin);
    expect((await invite(admin, { email: email.toUpperCase() })).status).toBe(409);
    expect((await invite(admin, { email: world.ada.email })).status).toBe(409);
    const { status, body } = await invite(admin, { email: someone(), teams: ["nothing"] });
    expect([status, body.errors[0].path]).toEqual([400, "teams.0"]);
    for (const wrong of [{ email: "nobody" }, { email: someone(), role: "king" }, {}]) {
      expect((await invite(admin, wrong)).status).toBe(400);
    }
    expect((await accept("nonsense", {}, account)).status).toBe(404);
    expect((await accept("", {}, account)).status).toBe(400);
  });
});
