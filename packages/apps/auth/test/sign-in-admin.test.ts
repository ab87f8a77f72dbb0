import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type SmtpSink, startSmtpSink } from "./smtp-sink.ts";
import { startWorld, type World } from "./world.ts";

const BOB = "bob@example.com";
const OPERATOR = "op@example.com";
const NEW = "new@example.org";

let sink: SmtpSink;
let world: World;
let owner: { cookie: string };
beforeAll(async () => {
  sink = await startSmtpSink();
  world = await startWorld({ settingEnv: sink.env });
  await world.addPerson(BOB, "owner");
  await world.addPerson(OPERATOR, "viewer");
  await world.database.admin`update auth.people set instance_role = 'operator' where email = ${OPERATOR}`;
}, 60_000);
afterAll(async () => {
  await world?.stop();
  await sink?.stop();
});
beforeEach(async () => {
  await world.database.admin`delete from auth.sign_in_rules`;
  owner = await world.signIn();
});

describe("the sign-in page of those who run the platform", () => {
  const page = async (path = "/admin/sign-in", by = owner) => (await world.request(path, { headers: by })).text();

  test("says what to do while there is nothing", async () => {
    const html = await page();
    expect(html).toContain("No rules: everybody who has an account may sign in");
    expect(html).toContain("Nobody was refused");
  });

  test("adds, changes and removes rules by forms, with what is wrong at its field", async () => {
    const fields = { effect: "deny", kind: "email", pattern: "", organisation: "", role: "", note: "" };
    const wrong = await world.submit("/admin/sign-in/rules", { ...fields, pattern: "bob" }, owner);
    expect(wrong.status).toBe(422);
    expect(await wrong.text()).toContain("Use an e-mail address like ada@example.com");
    const made = await world.submit("/admin/sign-in/rules", { ...fields, pattern: BOB }, owner);
    expect(made.headers.get("location")).toBe("/admin/sign-in");
    expect(await page()).toContain(BOB);
    const [{ id }] = (await world.get("/sign-in/rules", owner)).body.items;
    expect(await page(`/admin/sign-in/rules/${id}`)).toContain(`value="${BOB}"`);
    await world.submit(`/admin/sign-in/rules/${id}`, { ...fields, pattern: NEW }, owner);
    expect(await page()).toContain(NEW);
    expect(await (await world.submit(`/admin/sign-in/rules/${id}/remove`, {}, owner)).text()).toContain(
      "Remove the rule",
    );
    await world.submit(`/admin/sign-in/rules/${id}/remove`, { confirm: "yes" }, owner);
    expect((await world.get("/sign-in/rules", owner)).body.items).toEqual([]);
    expect((await world.request(`/admin/sign-in/rules/${id}`, { headers: owner })).status).toBe(404);
  });

  test("tries an address and sends a test mail", async () => {
    await world.post("/sign-in/rules", { effect: "deny", kind: "email", pattern: BOB }, owner);
    expect(await page(`/admin/sign-in?test=${BOB}`)).toContain(`${BOB} may not sign in.`);
    expect(await page("/admin/sign-in?test=bob")).toContain("Use an e-mail address");
    const sent = await world.submit("/admin/sign-in/mail", { to: NEW }, owner);
    expect(await sent.text()).toContain(`The mail server took the mail to ${NEW}.`);
    sink.refuse(550);
    const failed = await world.submit("/admin/sign-in/mail", { to: NEW }, owner);
    expect(await failed.text()).toContain("refused with 550");
    sink.refuse(null);
  });

  test("links to the rule that refused somebody, and to the audit log", async () => {
    await world.post("/sign-in/rules", { effect: "deny", kind: "email", pattern: BOB }, owner);
    await expect(world.signIn(BOB)).rejects.toThrow();
    const html = await page();
    expect(html).toContain(`/admin/sign-in?test=${encodeURIComponent(BOB)}#test`);
    expect(html).toContain('href="/admin/audit"');
    expect(await page(`/admin/sign-in?test=${BOB}`)).toContain(`The rule deny email ${BOB} decides.`);
  });

  test("is for those who run the platform", async () => {
    expect((await world.request("/admin/sign-in", { headers: await world.signIn(BOB) })).status).toBe(404);
    const operator = await world.signIn(OPERATOR);
    expect(await page("/admin/sign-in", operator)).toContain("Only owners of the platform can do this.");
  });
});
