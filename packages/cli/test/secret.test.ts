import { afterAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCli } from "./run-cli.ts";
import { AT, deployment, problem, startStubPlatform } from "./stub-platform.ts";

setDefaultTimeout(30_000); // each test starts processes

const platform = startStubPlatform();
const env = { HOMEPORT_URL: platform.url, HOMEPORT_TOKEN: "hp_x" };
const dir = mkdtempSync(join(tmpdir(), "hp-cli-"));
afterAll(async () => {
  await platform.stop();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => platform.reset());

const cli = (args: string[], stdin?: string) =>
  runCli(["secret", ...args], { env, cwd: dir, ...(stdin === undefined ? {} : { stdin }) });
const group = ["--project", "shop", "--group", "db"];
const target = ["--project", "shop", "--service", "api"];
const GROUP = "/deployments/projects/shop/secret-groups/db";
const SERVICE = "/deployments/projects/shop/services/api";
const made = { id: deployment().id, slug: "db", version: 1, createdAt: AT, updatedAt: AT, lastUsedAt: null };

test("values come from files and standard input, and are not printed", async () => {
  writeFileSync(join(dir, "key.pem"), "line one\nline two\n");
  platform.on(`PUT ${GROUP}/items`, { set: ["KEY", "PASSWORD"], version: 2, deployments: [] });
  const { code, stdout, stderr } = await cli(["set", ...group, "KEY=@key.pem", "PASSWORD=-"], "hunter2\n");
  expect(platform.seen[0]?.body).toEqual({ values: { KEY: "line one\nline two", PASSWORD: "hunter2" }, apply: false });
  expect([code, stdout]).toEqual([0, "Set KEY, PASSWORD.\n"]);
  expect(stdout + stderr).not.toContain("hunter2");
});

test("a typed value is taken, with a word about where it can be seen", async () => {
  platform.on("POST /deployments/projects/shop/secret-groups", () => Response.json(made, { status: 201 }));
  const { code, stderr } = await cli(["create", ...group, "A=hunter2"]);
  expect(platform.seen[0]?.body).toEqual({ slug: "db", values: { A: "hunter2" } });
  expect([code, stderr]).toEqual([0, expect.stringContaining("shell's history")]);
  expect(stderr).not.toContain("hunter2");
});

test("--apply says how each service comes out of it; one that fails is exit 1", async () => {
  const [api, web] = [deployment(), deployment({ state: "failed", reason: { code: "crashed", message: "It ended." } })];
  const deployments = ["api", "web"].map((service) => ({ service, deploymentId: api.id }));
  platform.on(`PUT ${GROUP}/items`, { set: ["A"], version: 2, deployments });
  platform.on("GET /deployments/projects/shop/services/api/deployments/:id", api);
  platform.on("GET /deployments/projects/shop/services/web/deployments/:id", web);
  writeFileSync(join(dir, "a"), "1");
  const waited = await cli(["set", ...group, "A=@a", "--apply", "--wait"]);
  expect(waited.code).toBe(1);
  expect(waited.stdout).toMatch(/api +live\nweb +failed/);
  expect(waited.stderr).toContain("web:\nThe deployment failed: It ended.");
  expect(platform.seen[0]?.body).toMatchObject({ apply: true });
  const json = await cli(["set", ...group, "A=@a", "--apply", "--no-wait", "--json"]);
  expect([json.code, json.stderr]).toEqual([0, ""]);
  expect(JSON.parse(json.stdout)).toMatchObject({ version: 2, deployments: [{ service: "api" }, { service: "web" }] });
});

test("a group is shown with its users; one of an older version is stale", async () => {
  const user = { service: "api", use: { as: "files", directory: "/run/secrets/db" }, liveVersion: 1, isCurrent: false };
  platform.on(`GET ${GROUP}`, { ...made, version: 2, items: [{ name: "A", updatedAt: AT }], users: [user] });
  const { code, stdout } = await cli(["show", ...group]);
  expect(code).toBe(0);
  expect(stdout).toContain("db, version 2, last used never");
  expect(stdout).toMatch(/api +files in \/run\/secrets\/db +1 \(stale\)/);
});

test("one value is told as it is, several with their names, and a refusal in the platform's words", async () => {
  platform.on(`POST ${GROUP}/reveal`, { values: { A: "1", B: "2" } });
  expect((await cli(["reveal", ...group])).stdout).toBe("A=1\nB=2\n");
  expect(JSON.parse((await cli(["reveal", ...group, "--json"])).stdout)).toEqual({ A: "1", B: "2" });
  platform.on(`POST ${GROUP}/reveal`, { values: { A: "line one\nline two" } });
  expect((await cli(["reveal", ...group, "A"])).stdout).toBe("line one\nline two\n");
  expect(platform.seen.at(-1)?.body).toEqual({ names: ["A"] });
  platform.on(`POST ${GROUP}/reveal`, () => problem(403, "forbidden", "This needs a token."));
  expect(await cli(["reveal", ...group])).toEqual({ code: 1, stdout: "", stderr: "This needs a token.\n" });
});

test("a group is attached as variables or files, and detached", async () => {
  platform.on(`PUT ${SERVICE}/secret-groups/db`, { attached: true });
  platform.on(`DELETE ${SERVICE}/secret-groups/db`, { detached: true });
  await cli(["attach", ...target, "--group", "db", "--prefix", "DB_"]);
  await cli(["attach", ...target, "--group", "db", "--as", "files"]);
  expect((await cli(["detach", ...target, "--group", "db", "--json"])).stdout).toContain('"detached": true');
  expect(platform.seen.filter(({ route }) => route.startsWith("PUT")).map(({ body }) => body)).toEqual([
    { use: { as: "variables", prefix: "DB_" } },
    { use: { as: "files" } },
  ]);
});

test("an attached group that comes as something else says so, and a refused value names its option", async () => {
  const use = { as: "variables", prefix: "" };
  const attached = { group: "db", use, names: [], version: 1, liveVersion: null };
  platform.on(`GET ${SERVICE}/secret-groups`, { items: [attached] });
  platform.on(`PUT ${SERVICE}/secret-groups/db`, { attached: true });
  const files = ["attach", ...target, "--group", "db", "--as", "files"];
  expect((await cli(files)).stdout).toContain("changed from variables to files");
  platform.on(`PUT ${SERVICE}/secret-groups/db`, () =>
    Response.json(
      {
        type: "about:blank",
        title: "invalid",
        status: 400,
        code: "invalid",
        detail: "use.directory: use a folder below /run",
        requestId: "r1",
        errors: [{ path: "use.directory", message: "use a folder below /run" }],
      },
      { status: 400, headers: { "content-type": "application/problem+json" } },
    ),
  );
  const { code, stderr } = await cli([...files, "--directory", "/etc"]);
  expect([code, stderr]).toEqual([2, "--directory: use a folder below /run\n"]);
});

const refused: { args: string[]; says: RegExp }[] = [
  { args: ["set", ...group, "KEY"], says: /not KEY=VALUE/ },
  { args: ["set", ...group, "A=-", "B=-"], says: /one KEY only/ },
  { args: ["set", ...group, "A=@nowhere"], says: /cannot be read/ },
  { args: ["set", "--project", "shop", "--group", "DB", "A=@a"], says: /--group "DB"/ },
  { args: ["attach", ...target, "--group", "db", "--directory", "/run/x"], says: /--directory goes with/ },
  { args: ["attach", ...target, "--group", "db", "--as", "files", "--prefix", "X_"], says: /--prefix goes with/ },
  { args: ["attach", ...target, "--group", "db", "--as", "volumes"], says: /Allowed choices/ },
];
test.each(refused)("$args.0 refuses $says with exit 2, and asks nothing", async ({ args, says }) => {
  const { code, stdout, stderr } = await cli(args);
  expect([code, stdout, stderr]).toEqual([2, "", expect.stringMatching(says)]);
  expect(platform.seen).toEqual([]);
});
