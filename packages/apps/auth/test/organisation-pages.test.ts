import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type OrganisationWorld, type Person, startOrganisationWorld } from "./organisation-world.ts";
import { cookieOf, PASSWORD } from "./world.ts";

let world: OrganisationWorld;
let admin: Person;
let viewer: Person;
beforeAll(async () => {
  world = await startOrganisationWorld();
  admin = await world.join("admin");
  viewer = await world.join("viewer");
}, 60_000);
afterAll(() => world?.stop());

const open = async (path: string, headers: Record<string, string>) => {
  const answer = await world.request(path, { headers });
  return { status: answer.status, html: await answer.text(), headers: answer.headers };
};
const send = async (path: string, fields: Record<string, string>, by: Person | { headers: Record<string, string> }) => {
  const answer = await world.submit(path, fields, by.headers);
  return { status: answer.status, to: answer.headers.get("location"), html: await answer.text() };
};

describe("the pages of the organisation", () => {
  test("open for everybody, and what may not be done there says why", async () => {
    for (const path of ["/organisation", "/organisation/teams", "/organisation/settings", "/organisations"]) {
      expect((await open(path, viewer.headers)).status).toBe(200);
    }
    for (const path of ["/organisation/invites", "/organisation/service-accounts", "/organisation/projects"]) {
      expect((await open(path, viewer.headers)).status).toBe(403);
      expect((await open(path, admin.headers)).status).toBe(200);
    }
    const { html } = await open("/organisation/teams", viewer.headers);
    expect(html).toContain("Only owners and admins of the organisation can do this.");
    const stranger = await open("/organisation", {});
    expect([stranger.status, stranger.headers.get("location")]).toEqual([303, "/sign-in?next=%2Forganisation"]);
  });

  test("change a member's role and remove them, after a question", async () => {
    const bob = await world.join("member");
    expect((await send(`/organisation/members/${bob.id}`, { role: "developer" }, admin)).status).toBe(303);
    expect((await open(`/organisation/members/${bob.id}`, viewer.headers)).html).toContain("developer");
    const refused = await send(`/organisation/members/${bob.id}`, { role: "owner" }, admin);
    expect([refused.status, refused.html.includes("Only an owner")]).toEqual([422, true]);
    const asked = await send(`/organisation/members/${bob.id}/remove`, {}, admin);
    expect([asked.status, asked.html.includes("Remove them")]).toEqual([200, true]);
    expect((await world.get("/me", bob.headers)).status).toBe(200);
    const done = await send(`/organisation/members/${bob.id}/remove`, { confirm: "yes" }, admin);
    expect([done.status, done.to]).toEqual([303, "/organisation"]);
    expect((await open(`/organisation/members/${bob.id}`, admin.headers)).status).toBe(404);
  });

  test("make a team, fill it and remove it; what is wrong is said at the field", async () => {
    expect((await open("/organisation/teams", admin.headers)).html).toContain("homeport team create backend");
    const wrong = await send("/organisation/teams", { slug: "Not a slug" }, admin);
    expect([wrong.status, wrong.html.includes("Use lower-case letters")]).toEqual([422, true]);
    const made = await send("/organisation/teams", { slug: "backend", name: "" }, admin);
    expect([made.status, made.to]).toEqual([303, "/organisation/teams/backend"]);
    expect((await send("/organisation/teams/backend", { person: viewer.email }, admin)).status).toBe(303);
    expect((await open("/organisation/teams/backend", admin.headers)).html).toContain(viewer.email);
    const nobody = await send("/organisation/teams/backend", { person: "nobody@example.com" }, admin);
    expect([nobody.status, nobody.html.includes("There is no such member.")]).toEqual([422, true]);
    expect((await send("/organisation/teams/backend/name", { name: "Back" }, admin)).status).toBe(303);
    expect((await send(`/organisation/teams/backend/members/${viewer.id}/remove`, {}, admin)).status).toBe(303);
    expect((await send("/organisation/teams/backend/remove", {}, admin)).status).toBe(200);
    expect((await send("/organisation/teams/backend/remove", { confirm: "yes" }, admin)).status).toBe(303);
  });

  test("give a role in a project and take it back", async () => {
    await world.project(world.ada, "shop", ["production"]);
    expect((await open("/organisation/projects", admin.headers)).html).toContain("shop");
    const path = "/organisation/projects/shop";
    const fields = { kind: "person", name: viewer.email, role: "deployer", environment: "production" };
    expect((await send(path, fields, admin)).status).toBe(303);
    const { html } = await open(path, admin.headers);
    const grant = new RegExp(`${path}/grants/([0-9a-f-]{36})/remove`).exec(html)?.[1];
    expect(grant).toBeDefined();
    const wrong = await send(path, { ...fields, kind: "team", name: "nobody" }, admin);
    expect([wrong.status, wrong.html.includes("The organisation has no such team")]).toEqual([422, true]);
    expect((await send(`${path}/grants/${grant}/remove`, {}, viewer)).status).toBe(403);
    expect((await send(`${path}/grants/${grant}/remove`, {}, admin)).status).toBe(303);
    expect((await send(`${path}/grants/nonsense/remove`, {}, admin)).status).toBe(303);
    expect((await open(path, admin.headers)).html).toContain("No roles are given here yet");
  });

  test("of projects show an admin of one that one, and nothing of others", async () => {
    await world.project(world.ada, "mine");
    await world.project(world.ada, "not-mine");
    const bob = await world.join("member");
    const grant = { who: { person: bob.id }, role: "admin" };
    await world.call("PUT", "/projects/mine/grants", admin.headers, grant);
    const { html, status } = await open("/organisation/projects", bob.headers);
    expect([status, html.includes("/organisation/projects/mine"), html.includes("not-mine")]).toEqual([
      200,
      true,
      false,
    ]);
    expect((await open("/organisation/projects/mine", bob.headers)).status).toBe(200);
    expect((await open("/organisation/projects/not-mine", bob.headers)).status).toBe(404);
  });

  test("make a service account with a token that is shown in that one answer", async () => {
    const made = await send(
      "/organisation/service-accounts",
      { slug: "robot", description: "", role: "viewer" },
      admin,
    );
    expect([made.status, made.to]).toEqual([303, "/organisation/service-accounts/robot"]);
    const path = "/organisation/service-accounts/robot";
    const wrong = await send(`${path}/tokens`, { name: "x", preset: "custom", scopes: "all" }, admin);
    expect([wrong.status, wrong.html.includes("Use *, noun:*")]).toEqual([422, true]);
    const { html } = await send(`${path}/tokens`, { name: "script", preset: "everything", expiresInDays: "7" }, admin);
    const token = /hp_[0-9A-Za-z]{43}_[0-9a-f]{8}/.exec(html)?.[0] ?? "-";
    const headers = { authorization: `Bearer ${token}` };
    expect((await world.call("GET", "/members", headers)).status).toBe(200);
    const page = (await open(path, admin.headers)).html;
    expect(page).not.toContain(token);
    const id = /tokens\/([0-9a-f-]{36})\/revoke/.exec(page)?.[1];
    expect((await send(`${path}/tokens/${id}/revoke`, {}, admin)).status).toBe(303);
    expect((await world.call("GET", "/members", headers)).status).toBe(401);
    expect((await send(path, { description: "x", role: "deployer" }, admin)).status).toBe(303);
    expect((await send(`${path}/remove`, { confirm: "yes" }, admin)).to).toBe("/organisation/service-accounts");
  });

  test("tell a member of no project that was not granted", async () => {
    const carla = await world.join("member");
    await world.project(world.ada, "unseen");
    const projects = /<dt[^>]*>Projects<\/dt>\s*<dd[^>]*>(\d+)</;
    const counted = async (headers: Record<string, string>) =>
      Number(projects.exec((await open("/organisation/settings", headers)).html)?.[1]);
    expect(await counted(viewer.headers)).toBeGreaterThan(0);
    expect(await counted(carla.headers)).toBe(0);
    expect((await world.get("/organisation", carla.headers)).body.projectCount).toBe(0);
  });

  test("rename the organisation, and ask for its slug before it is removed", async () => {
    expect((await send("/organisation/settings", { name: "Home & garden" }, admin)).status).toBe(303);
    expect((await open("/organisation/settings", viewer.headers)).html).toContain("Home &amp; garden");
    const owner = await world.stranger("leaving");
    expect((await send("/organisation/remove", {}, owner)).html).toContain("Type leaving.");
    expect((await send("/organisation/remove", { confirm: "no" }, owner)).status).toBe(422);
    expect((await send("/organisation/leave", { confirm: "yes" }, owner)).status).toBe(422);
    expect((await send("/organisation/remove", { confirm: "leaving" }, owner)).status).toBe(303);
    expect((await world.get("/me", owner.headers)).status).toBe(401);
  });
});

test("the page of one's organisations makes one and switches to it", async () => {
  const made = await send("/organisations", { slug: "second", name: "" }, world.ada);
  expect([made.status, made.to]).toEqual([303, "/organisation"]);
  expect((await open("/organisation", world.ada.headers)).html).toContain("You are working in <strong>second</strong>");
  await send("/organisations/switch", { organisation: "home" }, world.ada);
  expect((await send("/organisations", { slug: "second" }, world.ada)).status).toBe(422);
  const switched = await send("/organisations/switch", { organisation: "second" }, world.ada);
  expect([switched.status, switched.to]).toEqual([303, "/projects"]);
  expect((await world.get("/me", world.ada.headers)).body.organisation.slug).toBe("second");
  expect((await open("/organisations", world.ada.headers)).html).toContain("you work here");
  expect((await send("/organisations/switch", { organisation: "nothing" }, world.ada)).status).toBe(422);
  await send("/organisations/switch", { organisation: "home" }, world.ada);
  const refused = await open("/organisations", viewer.headers);
  expect(refused.html).toContain("Here only owners of the platform make organisations.");
});

describe("an invite's page", () => {
  const invitePath = async (email: string) => {
    const { html } = await send("/organisation/invites", { email, role: "viewer", teams: "" }, admin);
    return /\/invite\?token=[\w-]{43}/.exec(html)?.[0] ?? "/invite?token=none";
  };

  test("is linked to once, makes an account, and tells nobody where it was", async () => {
    const path = await invitePath("new@example.com");
    expect((await open("/organisation/invites", admin.headers)).html).not.toContain(path);
    const twice = await send("/organisation/invites", { email: "new@example.com", role: "viewer", teams: "" }, admin);
    expect(twice.html).toContain("make a new link for it, or revoke it");
    for (let time = 0; time < 2; time += 1) {
      const shown = await open(path, {}); // looking uses nothing up
      expect(shown.status).toBe(200);
      expect(shown.html).toContain("new@example.com");
    }
    const wrong = await world.submit(path, { name: " ", password: "short" });
    expect([wrong.status, (await wrong.text()).includes("Use at least 8 characters")]).toEqual([422, true]);
    const joined = await world.submit(path, { name: "New", password: PASSWORD });
    expect([joined.status, joined.headers.get("location")]).toEqual([303, "/projects"]);
    expect((await world.get("/me", { cookie: cookieOf(joined.headers) })).body.role).toBe("viewer");
    const again = await open(path, {});
    expect([again.status, again.html.includes("This invite has ended")]).toEqual([404, true]);
  });

  test("asks who has an account to sign in to it, and comes back", async () => {
    const bob = await world.stranger("elsewhere");
    const path = await invitePath(bob.email);
    const signIn = `/sign-in?next=${encodeURIComponent(path)}`;
    expect((await open(path, {})).html).toContain(signIn);
    const asAnother = await open(path, viewer.headers);
    expect(asAnother.html).toContain(`You are signed in as ${viewer.email}; this invite is for ${bob.email}.`);
    expect(asAnother.html).toContain(`/sign-out?next=${encodeURIComponent(path)}`);
    const out = await world.submit(`/sign-out?next=${encodeURIComponent(path)}`, {}, await world.signIn(viewer.email));
    expect([out.status, out.headers.get("location")]).toEqual([303, path]);
    const back = await world.submit("/sign-in", { email: bob.email, password: PASSWORD, next: path });
    expect(back.headers.get("location")).toBe(path);
    expect((await send(path, {}, viewer)).status).toBe(422);
    expect((await send(path, {}, bob)).to).toBe("/projects");
    expect((await world.get("/me", bob.headers)).body.organisation.slug).toBe("home");
  });

  test("that is for nobody has ended", async () => {
    for (const path of ["/invite", "/invite?token=none", `/invite?token=${"a".repeat(300)}`]) {
      expect((await open(path, {})).status).toBe(404);
      expect((await world.submit(path, {})).status).toBe(404);
    }
  });
});
