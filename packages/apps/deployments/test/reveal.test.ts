import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { testPostgres } from "@homeport/kit/test/servers.ts";
import { secretWorld } from "./secret-world.ts";
import { startWorld, type World } from "./world.ts";

setDefaultTimeout(60_000);

const NAMED = ["*", "secret:reveal"];

let world: World;
let secrets: ReturnType<typeof secretWorld>;
let admin: Record<string, string>;
beforeAll(async () => {
  world = await startWorld();
  secrets = secretWorld(world);
  admin = world.home.headers("admin", NAMED);
}, 60_000);
afterAll(() => world?.stop());

const entriesOf = async (subjectId: string) => {
  const rows = await world.database.admin<{ content: string }[]>`
    select content from platform.audit_entries
    where action = 'secret:reveal' and subject_id = ${subjectId}
    order by seq`;
  return rows.map(({ content }) => JSON.parse(content));
};

/** A service with a variable, and a group beside it: both ways to ask. */
const scene = async () => {
  const { path, project } = await secrets.newService();
  await world.put(`${path}/variables`, { values: { A: "own a", B: "own b" } });
  const group = await secrets.newGroup(project, "db", { A: "group a", B: "line one\nline two" });
  return { path, project, group };
};

test("values of a group are told when they are asked for, all or by name", async () => {
  const { group } = await scene();
  const all = await world.post(`${group}/reveal`, {}, admin);
  expect(all).toMatchObject({ status: 200, body: { values: { A: "group a", B: "line one\nline two" } } });
  expect(all.headers.get("cache-control")).toBe("no-store");
  expect((await world.post(`${group}/reveal`, { names: ["A"] }, admin)).body).toEqual({ values: { A: "group a" } });
  const { id } = (await world.get(group)).body;
  const entries = await entriesOf(id);
  expect(entries.map(({ after }) => after.names)).toEqual([["A", "B"], ["A"]]);
  expect(entries[0]).toMatchObject({
    actor: { kind: "person", name: "admin", credential: { kind: "token" } },
    subject: { kind: "secret-group", name: "db" },
    organisationId: world.home.id,
  });
  expect(JSON.stringify(entries)).not.toContain("group a");
});

test("values of a service's variables are told by name", async () => {
  const { path } = await scene();
  const answer = await world.post(`${path}/variables/reveal`, { names: ["B"] }, admin);
  expect(answer).toMatchObject({ status: 200, body: { values: { B: "own b" } } });
  expect(await entriesOf((await world.get(path)).body.id)).toMatchObject([{ after: { names: ["B"] } }]);
});

test("a name that is not there is told, and no other value", async () => {
  const { path, group } = await scene();
  for (const at of [`${path}/variables/reveal`, `${group}/reveal`]) {
    const answer = await world.post(at, { names: ["A", "NEVER"] }, admin);
    expect([answer.status, answer.body.detail]).toEqual([404, "There is no NEVER."]);
  }
  expect(await entriesOf((await world.get(group)).body.id)).toEqual([]);
});

describe("nobody is told who is not an admin with a token for just that", () => {
  const refused: { name: string; headers: () => Record<string, string>; status: number }[] = [
    { name: "an owner's token for everything", headers: () => world.home.headers("owner"), status: 403 },
    { name: "a token for all of secrets", headers: () => world.home.headers("owner", ["secret:*"]), status: 403 },
    { name: "a developer", headers: () => world.home.headers("developer", NAMED), status: 403 },
    { name: "an auditor", headers: () => world.home.headers("auditor", NAMED), status: 403 },
    { name: "somebody else's owner", headers: () => world.organisation("away").headers("owner", NAMED), status: 404 },
    { name: "a stranger", headers: () => ({}), status: 401 },
  ];
  test.each(refused)("$name", async ({ headers, status }) => {
    const { path, group } = await scene();
    for (const at of [`${path}/variables/reveal`, `${group}/reveal`]) {
      expect((await world.post(at, { names: ["A"] }, headers())).status).toBe(status);
      expect((await world.get(at, headers())).status).toBeGreaterThanOrEqual(400); // a GET never tells
    }
    expect(await entriesOf((await world.get(group)).body.id)).toEqual([]);
  });
});

test("a repeated request with a key is answered anew and audited anew, and nothing of it is kept", async () => {
  const { group } = await scene();
  const headers = { ...admin, "idempotency-key": crypto.randomUUID() };
  for (const _ of [1, 2]) expect((await world.post(`${group}/reveal`, {}, headers)).status).toBe(200);
  expect(await entriesOf((await world.get(group)).body.id)).toHaveLength(2);
  const kept = await world.database.admin`
    select key from platform.idempotency_keys where key = ${headers["idempotency-key"]}`;
  expect(kept).toHaveLength(0);
});

test("nothing is told when it cannot be written down that it is", async () => {
  const { group } = await scene();
  await world.database.admin`revoke insert (content) on platform.audit_entries from homeport_apps`;
  try {
    const answer = await world.post(`${group}/reveal`, {}, admin);
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer.body)).not.toContain("group a");
  } finally {
    await world.database.admin`grant insert (content) on platform.audit_entries to homeport_apps`;
  }
});

test("no value is in an event, an entry of the audit log, another answer, a page or a line of the log", async () => {
  const canary = `canary-${crypto.randomUUID()}`;
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "secret-canary.ts"), canary], {
    env: {
      ...process.env,
      HOMEPORT_LOG_LEVEL: "trace",
      HOMEPORT_TEST_DATABASE_URL: (await testPostgres()).reveal(),
    },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [log, seen, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  expect([code, log, seen]).toEqual([0, expect.stringContaining("app is ready"), expect.stringContaining("{")]);
  for (const told of ["deployments.secrets.changed", "secret:reveal", "Secret groups"]) expect(seen).toContain(told);
  expect(log).toContain("a deployment step failed and will be repeated");
  const leaks = [log, seen].flatMap((text) => text.split("\n").filter((line) => line.includes(canary)));
  expect(leaks).toEqual([]);
});
