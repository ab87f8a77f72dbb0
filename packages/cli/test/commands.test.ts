import { afterAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCli } from "./run-cli.ts";
import { AT, deployment, me, problem, service, startStubPlatform, whoami } from "./stub-platform.ts";

setDefaultTimeout(30_000); // each test starts processes

const platform = startStubPlatform();
const env = { HOMEPORT_URL: platform.url, HOMEPORT_TOKEN: "hp_x" };
const dir = mkdtempSync(join(tmpdir(), "hp-cli-"));
afterAll(async () => {
  await platform.stop();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => platform.reset());

const target = ["--project", "shop", "--service", "api"];
const cli = (args: string[], options: Parameters<typeof runCli>[1] = {}) => runCli(args, { env, cwd: dir, ...options });
const SERVICE = "/deployments/projects/shop/services/api";
const LOGS = `/logging/streams/${deployment().runtimeLog}`;
const notThere = () => problem(404, "not_found", "There is no such service.");
const accept = (more: Record<string, unknown> = {}) =>
  platform.on(`POST ${SERVICE}/deployments`, () =>
    Response.json(deployment({ state: "queued", release: null, digest: null, ...more }), { status: 202 }),
  );

describe("deploy", () => {
  test("of a folder sends its files, makes what is missing, and prints one JSON document", async () => {
    writeFileSync(join(dir, "index.js"), "console.log(1)");
    const uploadId = Bun.randomUUIDv7();
    platform.on(`GET ${SERVICE}`, notThere);
    platform.on("POST /deployments/projects", () =>
      Response.json({ id: uploadId, slug: "shop", createdAt: AT }, { status: 201 }),
    );
    platform.on("POST /deployments/projects/shop/services", () => Response.json(service(), { status: 201 }));
    platform.on("POST /ci/uploads", () => Response.json({ id: uploadId, sizeBytes: 1, sha256: "x" }, { status: 201 }));
    accept();
    platform.on(`GET ${SERVICE}/deployments/:id`, deployment());
    const { code, stdout, stderr } = await cli(["deploy", ...target, "--port", "8081", "--wait", "--json"]);
    expect([code, stderr]).toEqual([0, "==> Uploading 1 files\n"]);
    const { url, digest } = deployment();
    expect(JSON.parse(stdout)).toEqual({ url, deploymentId: deployment().id, release: 3, digest, state: "live" });
    expect(platform.routesSeen().slice(0, 6)).toEqual([
      `GET ${SERVICE}`,
      "GET /deployments/projects/shop/services",
      "POST /deployments/projects",
      "POST /deployments/projects/shop/services",
      "POST /ci/uploads",
      `POST ${SERVICE}/deployments`,
    ]);
    expect(platform.seen[3]?.body).toMatchObject({ slug: "api", source: { kind: "upload" }, settings: { port: 8081 } });
    expect(platform.seen[5]?.body).toMatchObject({ uploadId });
    expect(new Set(platform.seen.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer hp_x"]));
  });

  test("of a known service changes nothing, and deploys what it is made from", async () => {
    platform.on(`GET ${SERVICE}`, service({ source: { kind: "git", url: "https://example.com/a.git" } }));
    accept();
    const { code, stdout, stderr } = await cli(["deploy", ...target]);
    expect([code, stdout]).toEqual([0, `${deployment().url}\n`]);
    expect(stderr).toContain("is on its way");
    expect(platform.routesSeen()).toEqual([`GET ${SERVICE}`, `POST ${SERVICE}/deployments`]);
  });

  test("with another source or setting changes those, and keeps the others", async () => {
    platform.on(`GET ${SERVICE}`, service());
    platform.on(`PATCH ${SERVICE}`, service());
    accept();
    await cli(["deploy", ...target, "--image", "nginx:1.27", "--health-path", "/up"]);
    expect(platform.seen[1]?.body).toMatchObject({
      source: { kind: "image", reference: "nginx:1.27" },
      settings: { port: 8080, graceSeconds: 15, health: { kind: "http", path: "/up" } },
    });
  });

  test("that fails says why with the last lines, exit 1; as JSON the reason is in the document", async () => {
    const reason = { code: "crashed", message: "The process ended.", exitCode: 3, lastLines: ["boom"] };
    platform.on(`GET ${SERVICE}`, service({ source: { kind: "image", reference: "nginx" } }));
    accept();
    platform.on(`GET ${SERVICE}/deployments/:id`, deployment({ state: "failed", reason, release: null, digest: null }));
    const text = await cli(["deploy", ...target, "--wait"]);
    expect([text.code, text.stdout]).toEqual([1, ""]);
    for (const line of ["The deployment failed: The process ended.", "Exit code: 3", "    boom"]) {
      expect(text.stderr).toContain(line);
    }
    const json = await cli(["deploy", ...target, "--wait", "--json"]);
    expect([json.code, JSON.parse(json.stdout)]).toEqual([1, expect.objectContaining({ state: "failed", reason })]);
  });

  test("ends when its deployment can no longer be followed, although the build log is still asked for", async () => {
    const buildLog = "build.0199f000-0000-7000-8000-00000000000b";
    platform.on(`GET ${SERVICE}`, service({ source: { kind: "image", reference: "nginx" } }));
    accept({ buildLog, state: "building" });
    platform.on(`GET ${SERVICE}/deployments/:id`, () => problem(403, "forbidden", "Your role has changed."));
    platform.on(`GET /logging/streams/${buildLog}/tail`, () => problem(503, "unavailable", "Later."));
    const { code, stderr } = await cli(["deploy", ...target, "--wait"]);
    expect(code).toBe(1);
    expect(stderr).toContain("Your role has changed.");
  });

  test("shows the build log as it comes, and goes on waiting while the platform restarts", async () => {
    const building = deployment({ state: "building", buildLog: `build.${deployment().id}` });
    const answers = [
      () => Response.json(building),
      () => new Response("bad gateway", { status: 502 }),
      () => problem(503, "unavailable", "Not now."),
      () => Response.json(deployment({ buildLog: building.buildLog })),
    ];
    platform.on(`GET ${SERVICE}`, service({ source: { kind: "image", reference: "nginx" } }));
    accept();
    platform.on(`GET ${SERVICE}/deployments/:id`, () =>
      answers.length > 1 ? (answers.shift() as () => Response)() : (answers[0] as () => Response)(),
    );
    platform.on(`GET /logging/streams/${building.buildLog}/tail`, () => {
      const line = JSON.stringify({ n: 1, at: AT, stream: "stdout", text: "installing…" });
      return new Response(`id: 1\ndata: ${line}\n\nevent: end\ndata: {}\n\n`, {
        headers: { "content-type": "text/event-stream" },
      });
    });
    const { code, stdout, stderr } = await cli(["deploy", ...target, "--wait"]);
    expect([code, stdout]).toEqual([0, `${deployment().url}\n`]);
    expect(stderr).toContain("==> Building\n");
    expect(stderr).toContain("    installing…\n");
    expect(stderr).toContain("==> Live\n");
  });

  test("that is refused leaves no empty project behind", async () => {
    platform.on(`GET ${SERVICE}`, notThere);
    platform.on("POST /deployments/projects", () =>
      Response.json({ id: deployment().id, slug: "shop", createdAt: AT }, { status: 201 }),
    );
    platform.on("POST /deployments/projects/shop/services", () => problem(400, "invalid", "source.url: use a git URL"));
    platform.on("DELETE /deployments/projects/shop", { removed: true });
    const { code, stderr } = await cli(["deploy", ...target, "--git", "ftp://x"]);
    expect([code, stderr]).toEqual([1, "source.url: use a git URL\n"]);
    expect(platform.routesSeen()).toContain("DELETE /deployments/projects/shop");
    platform.on("POST /deployments/projects", () => problem(409, "conflict", "It is there."));
    platform.seen.length = 0;
    await cli(["deploy", ...target, "--git", "ftp://x"]);
    expect(platform.routesSeen()).not.toContain("DELETE /deployments/projects/shop");
  });

  test("whose upload is refused takes away again what it made", async () => {
    platform.on(`GET ${SERVICE}`, notThere);
    platform.on("GET /deployments/projects/shop/services", { items: [], nextCursor: null });
    platform.on("POST /deployments/projects/shop/services", () => Response.json(service(), { status: 201 }));
    platform.on("POST /ci/uploads", () => problem(403, "forbidden", "Your role does not allow this."));
    const { code, stderr } = await cli(["deploy", ".", ...target]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("Your role does not allow this.")]);
    expect(platform.routesSeen()).toEqual([
      `GET ${SERVICE}`,
      "GET /deployments/projects/shop/services",
      "POST /deployments/projects/shop/services",
      "POST /ci/uploads",
      `DELETE ${SERVICE}`,
    ]);
  });

  test("into a project that is there, by who may make no service, is refused for that before anything is sent", async () => {
    const refusal = "Your role does not allow service:create here.";
    platform.on(`GET ${SERVICE}`, notThere);
    platform.on("GET /deployments/projects/shop/services", { items: [], nextCursor: null });
    platform.on("POST /deployments/projects/shop/services", () => problem(403, "forbidden", refusal));
    const { code, stdout, stderr } = await cli(["deploy", ".", ...target]);
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: "", stderr: `${refusal}\n` });
    expect(platform.routesSeen()).not.toContain("POST /deployments/projects");
  });
});

describe("env", () => {
  test("sets and says what the next step is; with --apply it restarts", async () => {
    platform.on(`PUT ${SERVICE}/variables`, { set: ["A", "B"] });
    accept({ cause: "configuration" });
    const set = await cli(["env", "set", "A=1", "B=x=y", ...target]);
    expect([set.code, set.stdout]).toEqual([0, expect.stringContaining("Set A, B. The next deployment uses it")]);
    expect(platform.seen[0]?.body).toMatchObject({ values: { A: "1", B: "x=y" } });
    const applied = await cli(["env", "set", "A=1", "B=2", "--apply", "--json", ...target]);
    expect(JSON.parse(applied.stdout)).toMatchObject({ state: "queued" });
    expect(applied.stderr).toBe("Set A, B.\n");
    const told = await cli(["env", "set", "A=1", "B=2", "--apply", "--no-wait", ...target]);
    expect(told.stderr).toContain("See what comes of it with: homeport status");
    expect(platform.seen.at(-1)?.body).toMatchObject({ what: "configuration" });
  });

  test("unsets and lists, never with a value", async () => {
    platform.on(`POST ${SERVICE}/variables/unset`, { unset: ["A"] });
    const unset = await cli(["env", "unset", "A", "B", ...target]);
    expect([unset.code, unset.stderr]).toEqual([0, "Not set before: B.\n"]);
    const listed = {
      name: "A",
      updatedAt: AT,
      scope: "workload",
      overrides: ["project"],
      refers: [{ kind: "service", id: null, name: "db.URL" }],
    };
    platform.on(`GET ${SERVICE}/variables`, { items: [listed], problems: [] });
    expect(JSON.parse((await cli(["env", "list", "--json", ...target])).stdout)).toEqual([listed]);
    expect((await cli(["env", "list", ...target])).stdout).toMatch(
      /^NAME\s+FROM\s+REFERS TO\s+CHANGED\nA\s+workload\s+db\.URL\s+\d+d ago\n$/,
    );
  });
});

describe("releases, rollback, cancel", () => {
  const release = {
    number: 2,
    digest: deployment().digest,
    image: "home/shop/api@x",
    state: "live",
    commit: "abc",
    commitMessage: "Fix",
    preset: "bun",
    createdAt: AT,
  };

  test("are listed as a table or as JSON", async () => {
    platform.on(`GET ${SERVICE}/releases`, { items: [release], nextCursor: null });
    expect((await cli(["releases", ...target])).stdout).toContain("2       live   abababababab");
    const { number, digest, state, createdAt, commit } = release;
    expect(JSON.parse((await cli(["releases", "--json", ...target])).stdout)).toEqual([
      { number, digest, state, createdAt, commit },
    ]);
    platform.on(`GET ${SERVICE}/releases`, { items: [], nextCursor: null });
    expect(JSON.parse((await cli(["releases", "--json", ...target])).stdout)).toEqual([]);
    expect((await cli(["releases", ...target])).stderr).toContain("There are no releases yet");
  });

  test("a rollback names the release, and what is asked is true when it ends", async () => {
    platform.on(`POST ${SERVICE}/rollback`, () => Response.json(deployment({ state: "queued" }), { status: 202 }));
    platform.on(`GET ${SERVICE}/deployments/:id`, deployment({ cause: "release" }));
    const { code, stdout } = await cli(["rollback", "--to", "2", "--wait", "--json", ...target]);
    expect([code, JSON.parse(stdout).state]).toEqual([0, "live"]);
    expect(platform.seen[0]?.body).toMatchObject({ to: 2 });
    platform.on(`POST ${SERVICE}/rollback`, () => problem(409, "conflict", "Release 2 is live already."));
    expect(await cli(["rollback", "--to", "2", ...target])).toEqual({
      code: 1,
      stdout: "",
      stderr: "Release 2 is live already.\n",
    });
  });

  test("cancel stops the newest deployment", async () => {
    platform.on(`GET ${SERVICE}`, service({ latest: deployment({ state: "building" }) }));
    platform.on(`POST ${SERVICE}/deployments/:id/cancel`, deployment({ state: "building", cancelRequested: true }));
    expect((await cli(["cancel", ...target])).stdout).toBe("It is being stopped.\n");
    const { stdout } = await cli(["cancel", "--json", ...target]);
    expect(JSON.parse(stdout)).toEqual({ deploymentId: deployment().id, state: "building", cancelRequested: true });
  });
});

describe("logs", () => {
  const lines = [1, 2].map((n) => ({ n, at: AT, stream: "stdout", text: `line ${n}` }));

  test("print what was written, as text or as an object per line", async () => {
    platform.on(`GET ${SERVICE}`, service({ latest: deployment() }));
    platform.on(`GET ${LOGS}/lines`, { lines });
    expect((await cli(["logs", ...target])).stdout).toBe("line 1\nline 2\n");
    const json = (await cli(["logs", "--json", ...target])).stdout.trim().split("\n");
    expect(json.map((line) => JSON.parse(line))).toEqual(lines);
  });

  test("follow goes on after the last line", async () => {
    platform.on(`GET ${SERVICE}`, service({ latest: deployment() }));
    platform.on(`GET ${LOGS}/lines`, { lines });
    platform.on(`GET ${LOGS}/tail`, (request) => {
      const after = Number(new URL(request.url).searchParams.get("after"));
      const line = JSON.stringify({ n: after + 1, at: AT, stream: "stderr", text: `line ${after + 1}` });
      return new Response(`id: ${after + 1}\ndata: ${line}\n\nevent: end\ndata: {}\n\n`);
    });
    expect(await cli(["logs", "-f", ...target])).toEqual({ code: 0, stdout: "line 1\nline 2\nline 3\n", stderr: "" });
  });

  test("follow says when access ends, and does not ask to sign in", async () => {
    platform.on(`GET ${SERVICE}`, service({ latest: deployment() }));
    platform.on(`GET ${LOGS}/lines`, { lines });
    let asked = 0;
    platform.on(`GET ${LOGS}/tail`, () => {
      asked += 1;
      return asked === 1 ? new Response(": open\n\n") : problem(401, "unauthenticated", "Sign in first.");
    });
    const { code, stderr } = await cli(["logs", "-f", ...target]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "Your access ended.\n" });
  });

  test("of what was never deployed are none", async () => {
    platform.on(`GET ${SERVICE}`, service());
    expect(await cli(["logs", ...target])).toEqual({ code: 0, stdout: "", stderr: "Nothing was deployed yet.\n" });
  });
});

test("status shows who, nodes and services; --json is one document", async () => {
  platform.on("GET /auth/whoami", whoami);
  platform.on("GET /auth/me", me);
  const node = {
    nodeId: deployment().id,
    name: "node-1",
    engine: "process",
    engineVersion: "1",
    version: "1",
    capacity: { cpus: 2, memoryMiB: 1024 },
    isolates: false,
    state: "online",
    lastSeenAt: AT,
    registeredAt: AT,
    replicaCount: 1,
  };
  platform.on("GET /clusters/nodes", { items: [node], nextCursor: null });
  platform.on("GET /deployments/projects", {
    items: [{ id: deployment().id, slug: "shop", createdAt: AT, serviceCount: 1 }],
    nextCursor: null,
  });
  platform.on("GET /deployments/projects/shop/services", {
    items: [service({ latest: deployment() })],
    nextCursor: null,
  });
  const text = await cli(["status"]);
  expect(text.stdout).toContain(`${platform.url} as ada@example.com, owner of home`);
  expect(text.stdout).toContain("node node-1: online, process (does not isolate)");
  expect(text.stdout).toMatch(/shop\/api +live +3 +http:\/\/api-shop/);
  const { code, stdout, stderr } = await cli(["status", "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout).services).toEqual([
    { project: "shop", service: "api", state: "live", release: 3, url: deployment().url },
  ]);
});

test("status of who does not run the platform leaves the nodes out; of a service account, the person", async () => {
  platform.on("GET /clusters/nodes", notThere);
  platform.on("GET /deployments/projects", { items: [], nextCursor: null });
  platform.on("GET /auth/whoami", { ...whoami, kind: "service", name: "ci", role: "viewer" });
  const { code, stdout } = await cli(["status", "--json"]);
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    {
      url: platform.url,
      person: null,
      serviceAccount: "ci",
      organisation: me.organisation,
      role: "viewer",
      instanceRole: null,
      scopes: ["*"],
      nodes: [],
      services: [],
    },
  ]);
  platform.on("GET /auth/whoami", () => problem(401, "unauthenticated", "Sign in first."));
  expect(await cli(["status"])).toEqual({ code: 1, stdout: "", stderr: "Sign in first.\n" });
});
