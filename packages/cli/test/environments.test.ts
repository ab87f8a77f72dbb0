import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SERVICE, serviceCommands, TARGET } from "./service-commands.ts";
import { AT, deployment, problem, service } from "./stub-platform.ts";

const { cli, dir, platform } = serviceCommands();
const STAGING = [...TARGET, "--environment", "staging"];
const PROJECT = ["--project", "shop"];
const ENVIRONMENTS = "/deployments/projects/shop/environments";

const environment = (changes: Record<string, unknown> = {}) => ({
  id: deployment().id,
  slug: "staging",
  position: 1,
  branchPattern: null,
  protected: false,
  createdAt: AT,
  ...changes,
});
const accepted =
  (more: Record<string, unknown> = {}) =>
  () =>
    Response.json(deployment({ state: "queued", environment: "staging", ...more }), { status: 202 });
/** Answers with what was asked for besides the path. */
const asked = (route: string, answer: unknown) => {
  const urls: URL[] = [];
  platform.on(route, (request) => {
    urls.push(new URL(request.url));
    return Response.json(answer);
  });
  return urls;
};

describe("commands about one environment of a service", () => {
  test("name it in all that they ask, and in what they say to do next", async () => {
    const services = asked(
      `GET ${SERVICE}`,
      service({ source: { kind: "image", reference: "nginx" }, latest: deployment() }),
    );
    platform.on(`POST ${SERVICE}/deployments`, accepted({ cause: "build" }));
    const deployments = asked(`GET ${SERVICE}/deployments/:id`, deployment());
    const deployed = await cli(["deploy", ...STAGING]);
    expect([deployed.code, deployed.stderr]).toEqual([
      0,
      expect.stringContaining("homeport logs -f --project shop --service api --environment staging"),
    ]);
    expect(platform.seen.at(-1)?.body).toMatchObject({ environment: "staging" });
    expect((await cli(["deploy", ...STAGING, "--wait"])).code).toBe(0);
    const logs = asked(`GET /logging/streams/${deployment().runtimeLog}/lines`, { lines: [] });
    expect((await cli(["logs", ...STAGING])).code).toBe(0);
    const releases = asked(`GET ${SERVICE}/releases`, { items: [], nextCursor: null });
    expect((await cli(["releases", ...STAGING])).code).toBe(0);
    platform.on(`POST ${SERVICE}/rollback`, accepted());
    expect((await cli(["rollback", ...STAGING])).code).toBe(0);
    expect(platform.seen.at(-1)?.body).toMatchObject({ environment: "staging" });
    for (const url of [...services, ...deployments, ...releases]) {
      expect(url.searchParams.get("environment")).toBe("staging");
    }
    expect(logs).toHaveLength(1);
  });

  test("make a service that is missing, where the environment is there", async () => {
    writeFileSync(join(dir, "index.js"), "console.log(1)");
    platform.on(`GET ${SERVICE}`, () => problem(404, "not_found", "There is no such service."));
    platform.on(`GET ${ENVIRONMENTS}`, { items: [environment()] });
    platform.on("GET /deployments/projects/shop/services", { items: [], nextCursor: null });
    platform.on("POST /deployments/projects/shop/services", () => Response.json(service(), { status: 201 }));
    platform.on("POST /ci/uploads", () =>
      Response.json({ id: deployment().id, sizeBytes: 1, sha256: "x" }, { status: 201 }),
    );
    platform.on(`POST ${SERVICE}/deployments`, accepted());
    expect((await cli(["deploy", ...STAGING])).code).toBe(0);
    expect(platform.seen.at(-1)?.body).toMatchObject({ environment: "staging" });
  });

  test("send nothing for an environment that is not there, and say how to make it", async () => {
    platform.on(`GET ${SERVICE}`, () => problem(404, "not_found", "There is no such environment."));
    platform.on(`GET ${ENVIRONMENTS}`, { items: [environment({ slug: "production" })] });
    const { code, stderr } = await cli(["deploy", ".", ...STAGING]);
    expect([code, stderr]).toEqual([
      2,
      "There is no environment staging in shop. Make it with: homeport environment create staging --project shop\n",
    ]);
    expect(platform.routesSeen()).toEqual([`GET ${SERVICE}`, `GET ${ENVIRONMENTS}`]);
  });
});

describe("promote", () => {
  test("goes from one environment to another, production unless named", async () => {
    platform.on(`POST ${SERVICE}/promote`, accepted({ cause: "promotion" }));
    const deployments = asked(`GET ${SERVICE}/deployments/:id`, deployment({ environment: "production" }));
    const { code, stdout } = await cli([
      "promote",
      ...TARGET,
      "--from",
      "staging",
      "--release",
      "12",
      "--wait",
      "--json",
    ]);
    expect([code, JSON.parse(stdout).state]).toEqual([0, "live"]);
    expect(platform.seen[0]?.body).toEqual({ environment: "production", from: "staging", release: 12 });
    expect(deployments[0]?.searchParams.get("environment")).toBe("production");
    await cli(["promote", ...TARGET, "--from", "next", "--to", "staging"]);
    expect(platform.seen.at(-1)?.body).toEqual({ environment: "staging", from: "next" });
  });

  test("that does not go live exits 1", async () => {
    platform.on(`POST ${SERVICE}/promote`, accepted());
    const reason = { code: "crashed", message: "The process ended." };
    platform.on(`GET ${SERVICE}/deployments/:id`, deployment({ state: "failed", reason }));
    const { code, stderr } = await cli(["promote", ...TARGET, "--from", "staging", "--wait"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("The deployment failed: The process ended.")]);
  });
});

describe("environment", () => {
  test("list shows them in order, with what is deployed there by pushes", async () => {
    platform.on(`GET ${ENVIRONMENTS}`, {
      items: [environment({ slug: "production", protected: true }), environment({ branchPattern: "feature/*" })],
    });
    const { stdout } = await cli(["environment", "list", ...PROJECT]);
    expect(stdout).toMatch(/^ENVIRONMENT +BRANCHES +PROTECTED\nproduction +yes\nstaging +feature\/\*\n$/);
  });

  test("create, update and remove say what they did, and send only what was named", async () => {
    platform.on(`POST ${ENVIRONMENTS}`, () => Response.json(environment(), { status: 201 }));
    const made = await cli(["environment", "create", "staging", ...PROJECT, "--copy-from", "production"]);
    expect(made.stdout).toContain("Made staging. Next: homeport deploy --project shop");
    expect(platform.seen[0]?.body).toEqual({ slug: "staging", copyFrom: "production" });
    platform.on(`PATCH ${ENVIRONMENTS}/staging`, environment({ slug: "next" }));
    const update = (...flags: string[]) => cli(["environment", "update", "staging", ...PROJECT, ...flags]);
    expect((await update("--name", "next", "--no-branches")).stdout).toBe("Changed next.\n");
    expect(platform.seen.at(-1)?.body).toEqual({ slug: "next", branchPattern: null });
    await update("--protect", "--position", "1");
    expect(platform.seen.at(-1)?.body).toEqual({ protected: true, position: 0 });
    await update("--no-protect");
    expect(platform.seen.at(-1)?.body).toEqual({ protected: false });
    const nothing = await update();
    expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining("Say what to change")]);
    expect((await update("--position", "0")).code).toBe(2);
    platform.on(`DELETE ${ENVIRONMENTS}/staging`, { removed: true });
    expect((await cli(["environment", "remove", "staging", ...PROJECT])).stdout).toBe("Removed staging.\n");
  });
});

test("groups are listed, made, renamed, filled and removed", async () => {
  const at = "/deployments/projects/shop/groups";
  const group = { id: deployment().id, slug: "backend", services: ["api", "worker"], createdAt: AT };
  platform.on(`GET ${at}`, { items: [group] });
  expect((await cli(["group", "list", ...PROJECT])).stdout).toBe("GROUP    SERVICES\nbackend  api, worker\n");
  platform.on(`POST ${at}`, () => Response.json(group, { status: 201 }));
  expect((await cli(["group", "create", "backend", ...PROJECT])).stdout).toContain(
    "homeport group add backend SERVICE",
  );
  platform.on(`PATCH ${at}/backend`, { ...group, slug: "core" });
  expect((await cli(["group", "rename", "backend", "core", ...PROJECT])).stdout).toBe("backend is called core.\n");
  expect(platform.seen.at(-1)?.body).toEqual({ slug: "core" });
  platform.on(`PATCH ${SERVICE}`, service());
  await cli(["group", "add", "core", "api", ...PROJECT]);
  expect(platform.seen.at(-1)?.body).toEqual({ group: "core" });
  expect((await cli(["group", "drop", "api", ...PROJECT])).stdout).toBe("api is in no group.\n");
  expect(platform.seen.at(-1)?.body).toEqual({ group: null });
  platform.on(`DELETE ${at}/core`, { removed: true });
  expect((await cli(["group", "remove", "core", ...PROJECT])).stdout).toBe("Removed core.\n");
});

test("a release is kept by hand and no longer, and the list shows it and what is gone", async () => {
  const release = { number: 12, digest: deployment().digest, image: "x", state: "superseded", createdAt: AT };
  platform.on(`PUT ${SERVICE}/releases/12/kept`, { ...release, kept: true });
  expect((await cli(["release", "keep", "12", ...STAGING])).stdout).toBe("Release 12 is kept.\n");
  expect(platform.seen[0]?.body).toEqual({ environment: "staging", kept: true });
  await cli(["release", "unkeep", "12", ...TARGET]);
  expect(platform.seen[1]?.body).toEqual({ kept: false });
  expect((await cli(["release", "keep", "first", ...TARGET])).code).toBe(2);
  const older = { ...release, number: 11, kept: false, collectedAt: AT };
  platform.on(`GET ${SERVICE}/releases`, {
    items: [{ ...release, kept: true, collectedAt: null }, older],
    nextCursor: null,
  });
  const { stdout } = await cli(["releases", ...TARGET]);
  expect(stdout).toMatch(/12 +superseded, kept +abababababab/);
  expect(stdout).toMatch(/11 +superseded, gone +abababababab/);
});
