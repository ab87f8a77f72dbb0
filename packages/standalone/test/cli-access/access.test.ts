import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { createClient } from "@homeport/sdk";
import { type CliWorld, type Somebody, startCliWorld } from "./world.ts";

setDefaultTimeout(60_000); // each test starts processes

let world: CliWorld;
/** No more than a member of Ada's organisation. */
let bob: Somebody;
beforeAll(async () => {
  world = await startCliWorld();
  bob = await world.join("bob@example.com", "member");
  const { deployments } = createClient({ url: world.url, token: () => world.ada.token });
  await deployments.projects.create({ slug: "shop" });
  const isKnown = async () => (await world.cli(["grant", "list", "--project", "shop"], world.ada.token)).code === 0;
  await waitFor(isKnown, { message: "the auth app never heard of the project", timeoutMs: 20_000 });
});
afterAll(() => world?.stop());

const refused = { code: 1, stdout: "" };
const as = (who: Somebody, ...args: string[]) => world.cli(args, who.token);
const ada = (...args: string[]) => world.cli(args, world.ada.token);

describe("org", () => {
  test("shows, lists, makes and renames; this login stays where it is", async () => {
    const made = await ada("org", "create", "acme", "--name", "Acme Ltd.");
    expect(made).toMatchObject({ code: 0, stdout: "Made acme.\n", stderr: expect.stringContaining("homeport login") });
    const all = await world.json(["org", "list"]);
    expect(all.map(({ slug, current }: { slug: string; current: boolean }) => [slug, current]).sort()).toEqual([
      ["acme", false],
      ["home", true],
    ]);
    expect((await ada("org", "rename", "Our home")).stdout).toBe("home is called Our home.\n");
    expect(await world.json(["org", "show"])).toMatchObject({ slug: "home", name: "Our home", projectCount: 1 });
  });

  test("is removed by nobody whose token does not name that, and renamed by no member", async () => {
    const implied = await ada("org", "remove", "home");
    expect(implied).toMatchObject({ ...refused, stderr: expect.stringContaining("name organisation:remove") });
    const named = await world.token(world.ada.cookie, ["*", "organisation:remove"]);
    const occupied = await world.cli(["org", "remove", "home"], named);
    expect(occupied).toMatchObject({ ...refused, stderr: expect.stringContaining("project") });
    expect(await as(bob, "org", "rename", "Bob's")).toMatchObject(refused);
  });
});

describe("member", () => {
  test("lists, gives another role, and removes", async () => {
    const { email, token } = await world.join("carol@example.com", "viewer");
    expect((await ada("member", "set-role", email, "developer")).stdout).toBe(`${email} is developer now.\n`);
    const [carol] = (await world.json(["member", "list"])).filter((each: { email: string }) => each.email === email);
    expect(carol).toMatchObject({ role: "developer", teams: [], grantCount: 0 });
    expect((await ada("member", "list")).stdout).toMatch(/carol@example\.com +Somebody +developer/);
    expect(await world.json(["member", "remove", email])).toEqual({ removed: 1 });
    expect(await world.cli(["whoami"], token)).toMatchObject({ ...refused, stderr: "Sign in first.\n" });
  });

  test("lets somebody leave, and not the last owner", async () => {
    const dave = await world.join("dave@example.com", "viewer");
    expect(await as(dave, "member", "leave")).toMatchObject({ code: 0, stdout: "You left.\n" });
    expect(await as(dave, "whoami")).toMatchObject(refused);
    expect(await ada("member", "leave")).toMatchObject({ ...refused, stderr: expect.stringContaining("owner") });
  });

  test("gives nobody a role by who may not, and tells no stranger who is there", async () => {
    const made = await as(bob, "member", "set-role", "bob@example.com", "owner");
    expect(made).toMatchObject({ ...refused, stderr: "Your role does not allow member:update here.\n" });
    expect(await ada("member", "set-role", "nobody@example.com", "viewer")).toMatchObject({
      ...refused,
      stderr: "There is no such member.\n",
    });
  });
});

describe("team", () => {
  test("is made, filled, shown, emptied and removed", async () => {
    expect(await world.json(["team", "create", "backend", "--name", "Back end"])).toMatchObject({ slug: "backend" });
    expect((await ada("team", "add", "backend", bob.email)).stdout).toBe("bob@example.com is in backend.\n");
    const shown = await world.json(["team", "show", "backend"]);
    expect(shown).toMatchObject({ name: "Back end", memberCount: 1, members: [{ email: bob.email }] });
    expect((await ada("team", "list")).stdout).toMatch(/backend +Back end +1 +0/);
    expect((await ada("team", "drop", "backend", bob.email)).code).toBe(0);
    expect((await ada("team", "show", "backend")).stderr).toContain("Nobody is in it.");
    expect(await world.json(["team", "remove", "backend"])).toEqual({ removed: 1 });
    expect(await ada("team", "show", "backend")).toMatchObject({ ...refused, stderr: "There is no such team.\n" });
  });

  test("is made by no member, and not twice", async () => {
    expect(await as(bob, "team", "create", "bobs")).toMatchObject(refused);
    await world.json(["team", "create", "twice"]);
    expect(await ada("team", "create", "twice")).toMatchObject({
      ...refused,
      stderr: expect.stringContaining("twice"),
    });
  });
});

describe("grant", () => {
  const set = (...who: string[]) => ["grant", "set", "--project", "shop", ...who];

  test("gives roles to a person, a team and a service account, lists them, and takes them back", async () => {
    await world.json(["team", "create", "ops"]);
    await world.json(["service-account", "create", "ci"]);
    expect((await ada(...set("--team", "ops", "--role", "viewer"))).stdout).toBe("ops is viewer in shop.\n");
    await world.json(set("--service-account", "ci", "--role", "deployer"));
    await world.json(set("--person", bob.email, "--role", "viewer"));
    const changed = await world.json(set("--person", bob.email, "--role", "admin"));
    const roles = (await world.json(["grant", "list", "--project", "shop"])) as { role: string; who: object }[];
    expect(roles).toHaveLength(3);
    expect(await world.json(["grant", "list", "--person", bob.email])).toEqual([changed]);
    const own = ["grant", "list", "--project", "shop"];
    expect(await world.json(own, bob.token)).toHaveLength(3); // its admin, and a member of the organisation only
    expect((await as(bob, "grant", "list")).code).toBe(1);
    expect((await as(bob, "grant", "remove", "--project", "shop", changed.id)).code).toBe(0);
    expect((await ada("grant", "remove", "--project", "shop", "--team", "ops")).stdout).toBe("Removed.\n");
    expect(await world.json(own)).toHaveLength(1);
  });

  test("in an environment is another than in the project; what is not there is not removed", async () => {
    const at = ["--team", "twice-granted"];
    await world.json(["team", "create", "twice-granted"]);
    const [environment] = await world.platform.database.admin<{ slug: string }[]>`select slug from auth.environments`;
    const here = ["--environment", environment?.slug ?? ""];
    expect(await world.json(set(...at, ...here, "--role", "deployer"))).toMatchObject({ environment });
    const missing = await ada("grant", "remove", "--project", "shop", ...at);
    expect(missing).toMatchObject({ ...refused, stderr: expect.stringContaining("in the whole of shop") });
    expect((await ada("grant", "remove", "--project", "shop", ...at, ...here)).code).toBe(0);
    expect((await ada(...set("--person", "nobody@example.com", "--role", "viewer"))).code).toBe(1);
  });
});

describe("invite", () => {
  test("is made with a link, made anew, listed and revoked", async () => {
    const sent = await ada("invite", "create", "erin@example.com", "--role", "viewer");
    expect([sent.code, URL.canParse(sent.stdout.trim())]).toEqual([0, true]);
    expect(sent.stderr).toContain("erin@example.com may join as viewer until");
    const [open] = await world.json(["invite", "list"]);
    expect(open).toMatchObject({ email: "erin@example.com", role: "viewer", invitedBy: "Ada" });
    const again = await world.json(["invite", "resend", open.id]);
    expect(`${again.link}\n`).not.toBe(sent.stdout);
    expect(await world.json(["invite", "revoke", open.id])).toEqual({ removed: 1 });
    expect(await world.json(["invite", "list"])).toEqual([]);
  });

  test("is sent by no member, and to no address that is none", async () => {
    expect(await as(bob, "invite", "create", "eve@example.com")).toMatchObject(refused);
    expect(await ada("invite", "create", "eve")).toMatchObject({
      ...refused,
      stderr: expect.stringContaining("e-mail"),
    });
  });
});

describe("service-account", () => {
  test("is made with a token, and ends with it", async () => {
    const made = await world.json(["service-account", "create", "builds", "--role", "viewer", "--description", "CI"]);
    expect(made).toMatchObject({ slug: "builds", role: "viewer", description: "CI" });
    const token = await ada("service-account", "token", "create", "builds", "--name", "one", "--quiet");
    expect([token.code, token.stderr]).toEqual([0, ""]);
    expect(token.stdout).toMatch(/^hp_\w+\n$/);
    expect((await world.cli(["status"], token.stdout.trim())).code).toBe(0);
    const [listed] = await world.json(["service-account", "token", "list", "builds"]);
    expect(listed.name).toBe("one");
    expect((await ada("service-account", "token", "revoke", "builds", listed.id)).stdout).toBe("Revoked.\n");
    expect((await world.cli(["status"], token.stdout.trim())).code).toBe(1);
    expect((await ada("service-account", "list")).stdout).toMatch(/builds +viewer +0 +0 +CI/);
    expect(await world.json(["service-account", "remove", "builds"])).toEqual({ removed: 1 });
  });

  test("is made by no member, and invites nobody", async () => {
    expect(await as(bob, "service-account", "create", "bobs")).toMatchObject(refused);
    await world.json(["service-account", "create", "boss", "--role", "admin"]);
    const { token } = await world.json(["service-account", "token", "create", "boss", "--name", "x"]);
    expect(await world.cli(["invite", "create", "eve@example.com"], token)).toMatchObject(refused);
  });
});
