import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@homeport/kit/test/database.ts";
import { tokenFile } from "../src/adapters/token-file.ts";
import { createSetup } from "../src/service/setup.ts";
import { ADA, cookieOf, PASSWORD, startWorld, type World } from "./world.ts";

let world: World;
const ada = { email: "Ada@Example.com", name: "Ada", password: PASSWORD };

beforeAll(async () => {
  world = await startWorld({ claimed: false });
}, 60_000);
afterAll(() => world?.stop());

const file = () => join(world.platform.config.dataDir, "setup-token");

test("before the first admin is there nobody gets in, and the token is the owner's alone", async () => {
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect((await world.get("/setup")).body).toEqual({ needed: true });
  expect((await world.post("/setup", { ...ada, token: "guess" })).status).toBe(403);
  expect((await world.post("/sessions", { email: ada.email, password: PASSWORD })).status).toBe(401);
  expect((await world.get("/me")).body.code).toBe("unauthenticated");
  expect((await world.request("/sign-in")).headers.get("location")).toBe("/setup");
});

test("a token that was left over after somebody came makes no second owner, and goes at the next start", async () => {
  const database = await testDatabase([{ app: "auth", dir: join(import.meta.dir, "../src/migrations") }]);
  const dir = mkdtempSync(join(tmpdir(), "hp-setup-left-"));
  try {
    const sql = database.connect("auth");
    const setup = createSetup(sql, tokenFile(join(dir, "setup-token")));
    await setup.prepare();
    const token = readFileSync(join(dir, "setup-token"), "utf8").trim();
    await sql`insert into auth.people (id, email, name) values (${Bun.randomUUIDv7()}, 'ada@example.com', 'Ada')`;
    await expect(setup.claim({ ...ada, email: "eve@example.com", token })).rejects.toThrow("wrong");
    await setup.prepare();
    expect([await setup.isNeeded(), existsSync(join(dir, "setup-token"))]).toEqual([false, false]);
  } finally {
    await database.drop();
    rmSync(dir, { recursive: true, force: true });
  }
});

test("the token in the database is a hash", async () => {
  const [row] = await world.database.admin<{ hash: Uint8Array }[]>`select token_hash as hash from auth.setup_tokens`;
  expect(Buffer.from(row?.hash ?? []).toString("latin1")).not.toContain(world.setupToken());
});

test("wrong input is told by field and uses nothing up", async () => {
  const refused = await world.post("/setup", { token: world.setupToken(), email: "ada", name: " ", password: "short" });
  expect(refused.status).toBe(400);
  const paths = refused.body.errors.map((issue: { path: string }) => issue.path);
  expect(paths.sort()).toEqual(["email", "name", "password"]);
});

test("the setup page works without scripts: errors stand at their field and the password is not sent back", async () => {
  const page = await (await world.request(`/setup?token=${world.setupToken()}`)).text();
  expect(page).toContain(world.setupToken());
  const refused = await world.submit("/setup", {
    ...ada,
    token: world.setupToken(),
    email: "ada",
    password: "hunter2",
  });
  expect(refused.status).toBe(422);
  const html = await refused.text();
  expect(html).toContain("Use at least 8 characters");
  expect(html).toContain("Use an e-mail address like ada@example.com");
  expect(html).not.toContain("hunter2");
  const wrong = await world.submit("/setup", { ...ada, token: "guess" });
  expect(await wrong.text()).toContain("The setup token is wrong");
});

test("of 100 claims of the setup token at once exactly one wins, and the token is gone afterwards", async () => {
  const token = world.setupToken();
  const claims = await Promise.all(
    Array.from({ length: 100 }, (_, i) => world.post("/setup", { ...ada, email: `ada${i}@example.com`, token })),
  );
  expect(claims.filter((claim) => claim.status === 201)).toHaveLength(1);
  expect(claims.filter((claim) => claim.status === 403)).toHaveLength(99);
  expect(existsSync(file())).toBe(false);
  const won = claims.find((claim) => claim.status === 201);
  expect(won?.body.organisation.slug).toBe("home");
  expect(won?.body.role).toBe("owner");
  const me = await world.get("/me", { cookie: cookieOf(won?.headers ?? new Headers()) });
  expect(me.body.person.email).toBe(won?.body.person.email);
  expect((await world.get("/setup")).body).toEqual({ needed: false });
  expect((await world.request("/setup")).headers.get("location")).toBe("/sign-in");
}, 30_000);

test("a token is made anew when file or hash is lost, kept when both are there, removed when somebody is", async () => {
  const database = await testDatabase([{ app: "auth", dir: join(import.meta.dir, "../src/migrations") }]);
  const dir = mkdtempSync(join(tmpdir(), "hp-auth-"));
  try {
    const path = join(dir, "below", "setup-token");
    const sql = database.connect("auth");
    const setup = createSetup(sql, tokenFile(path));
    await setup.prepare();
    const first = readFileSync(path, "utf8");
    await setup.prepare();
    expect(readFileSync(path, "utf8")).toBe(first);
    rmSync(path);
    await setup.prepare();
    const second = readFileSync(path, "utf8");
    expect(second).not.toBe(first);
    await database.admin`delete from auth.setup_tokens`;
    await setup.prepare();
    const third = readFileSync(path, "utf8");
    expect(third).not.toBe(second);
    const claim = { email: ADA, name: "Ada", password: PASSWORD };
    expect(setup.claim({ ...claim, token: second })).rejects.toThrow("wrong");
    await setup.claim({ ...claim, token: third });
    tokenFile(path).write(await import("@homeport/kit/secret.ts").then(({ Secret }) => new Secret("stale")));
    await setup.prepare();
    expect(existsSync(path)).toBe(false);
  } finally {
    await database.drop();
    rmSync(dir, { recursive: true });
  }
}, 30_000);
