import { afterAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { runCli } from "./run-cli.ts";
import { deployment, problem, startStubPlatform } from "./stub-platform.ts";

setDefaultTimeout(30_000); // each test starts processes

const platform = startStubPlatform();
afterAll(() => platform.stop());
beforeEach(() => platform.reset());

const cli = (...args: string[]) => runCli(args, { env: { HOMEPORT_URL: platform.url, HOMEPORT_TOKEN: "hp_x" } });
const PROJECT = "/deployments/projects/shop";
const ID = "0199f000-0000-7000-8000-000000000009";

const added = (more: object = {}) => ({
  template: "postgres",
  version: "17",
  slug: "db",
  serviceId: ID,
  address: "db:5432",
  exports: ["DATABASE_URL", "PGHOST"],
  bound: ["api"],
  draftVersion: null,
  deployments: [{ service: "db", environment: "production", deploymentId: ID }],
  notDeployed: [],
  problems: [],
  ...more,
});
const accept = (more: object = {}, ended: object = {}): void => {
  platform.on(`POST ${PROJECT}/services/from-template`, () => Response.json(added(more), { status: 201 }));
  platform.on(`GET ${PROJECT}/services/db/deployments/:id`, deployment({ cause: "image", ...ended }));
};
const asked = () => platform.seen[0]?.body;

describe("homeport add", () => {
  const shop = ["--project", "shop", "--service", "db"];

  test("asks for the database by its template, and says where it is and who gets what", async () => {
    accept();
    const more = ["--version", "17", "--size", "512", "--bind", "api", "--prefix", "DB_", "--wait"];
    const answer = await cli("add", "postgres", ...shop, ...more);
    expect(answer).toMatchObject({ code: 0, stdout: "db:5432\n" });
    expect(answer.stderr).toContain("api gets DATABASE_URL, PGHOST with its next deployment.");
    const bind = [{ service: "api", prefix: "DB_" }];
    expect(asked()).toEqual({ template: "postgres", slug: "db", version: "17", sizeMiB: 512, bind, stage: false });
  });

  test("with --wait ends badly, with the reason, when it does not come up", async () => {
    accept(
      {},
      { state: "failed", reason: { code: "not_ready", message: "It took no connections.", lastLines: ["no"] } },
    );
    const answer = await cli("add", "postgres", ...shop, "--wait");
    expect([answer.code, answer.stdout]).toEqual([1, ""]);
    expect(answer.stderr).toContain("It took no connections.");
  });

  test("as JSON is one document, with how its first deployment ended", async () => {
    accept();
    const answer = await cli("add", "postgres", ...shop, "--wait", "--json");
    expect(JSON.parse(answer.stdout)).toMatchObject({ address: "db:5432", state: "live", bound: ["api"] });
  });

  test("names the service like the template unless it is told how, and says what it did not start", async () => {
    const notDeployed = [{ service: "postgres", environment: "production", reason: "Your role does not allow it." }];
    accept({ deployments: [], notDeployed, bound: [] });
    const answer = await cli("add", "postgres", "--project", "shop", "--wait");
    expect(answer).toMatchObject({ code: 0, stdout: "db:5432\n" });
    expect(answer.stderr).toContain("It is not started. Your role does not allow it.");
    expect(asked()).toMatchObject({ slug: "postgres", bind: [] });
  });

  test("--stage leads to the draft", async () => {
    accept({ serviceId: null, draftVersion: 4, deployments: [] });
    expect(await cli("add", "postgres", ...shop, "--stage")).toMatchObject({
      code: 0,
      stdout: "Staged. See and apply it: homeport changes list --project shop\n",
    });
  });

  test("--list shows versions, and what a bound service gets", async () => {
    const template = { name: "postgres", title: "PostgreSQL", description: "For most things.", image: "postgres" };
    const more = { versions: ["18", "17"], port: 5432, memoryMiB: 512, exports: ["DATABASE_URL"] };
    platform.on("GET /deployments/templates", { items: [{ ...template, ...more }] });
    const { stdout } = await cli("add", "--list");
    expect(stdout).toMatch(/^NAME .*\npostgres +18 17 +5432 +DATABASE_URL +For most things\.\n$/);
  });

  const wrong: { name: string; args: string[]; says: string }[] = [
    { name: "without a template", args: ["--project", "shop"], says: "--list" },
    { name: "without a project", args: ["postgres"], says: "--project" },
    {
      name: "with a name that no service has",
      args: ["postgres", "--project", "shop", "--service", "D B"],
      says: "D B",
    },
    { name: "with a prefix for nothing", args: ["postgres", "--project", "shop", "--prefix", "X_"], says: "--bind" },
  ];
  test.each(wrong)("$name is a wrong command line", async ({ args, says }) => {
    const answer = await cli("add", ...args);
    expect([answer.code, platform.seen]).toEqual([2, []]);
    expect(answer.stderr).toContain(says);
  });

  test("a template that there is not is a wrong command line", async () => {
    platform.on(`POST ${PROJECT}/services/from-template`, async () => {
      const body = await problem(400, "invalid", "template: Invalid option").json();
      return Response.json(
        { ...body, errors: [{ path: "template", message: "Invalid option" }] },
        {
          status: 400,
          headers: { "content-type": "application/problem+json" },
        },
      );
    });
    const answer = await cli("add", "oracle", "--project", "shop");
    expect([answer.code, answer.stderr]).toEqual([
      2,
      'There is no template "oracle". `homeport add --list` shows all.\n',
    ]);
  });
});

describe("homeport bind and unbind", () => {
  const api = ["--project", "shop", "--service", "api"];
  const ROUTE = `${PROJECT}/services/api/bindings`;

  test("bind says what the service gets, and when", async () => {
    platform.on(`POST ${ROUTE}`, () => Response.json({ to: "db", set: ["DATABASE_URL"] }, { status: 201 }));
    const answer = await cli("bind", ...api, "--to", "db", "--prefix", "DB_", "--environment", "staging");
    expect(answer).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("api gets DATABASE_URL. The next deployment"),
    });
    expect(asked()).toEqual({ to: "db", prefix: "DB_", environment: "staging", apply: false });
  });

  test("bind --apply says what it deploys", async () => {
    const deployments = [{ service: "api", environment: "production", deploymentId: ID }];
    platform.on(`POST ${ROUTE}`, () =>
      Response.json({ to: "db", set: ["DATABASE_URL"], deployments }, { status: 201 }),
    );
    const answer = await cli("bind", ...api, "--to", "db", "--apply");
    expect(answer.stdout).toBe("api gets DATABASE_URL. Deploying api in production.\n");
  });

  test("bind without a database shows what there is", async () => {
    const variables = [{ name: "DATABASE_URL", export: "DATABASE_URL", scope: "service" }];
    platform.on(`GET ${ROUTE}`, { items: [{ to: "db", toId: ID, template: "postgres", variables }] });
    expect((await cli("bind", ...api)).stdout).toMatch(/\ndb +postgres +DATABASE_URL\n$/);
  });

  test("names that are taken are told, and it ends badly", async () => {
    platform.on(`POST ${ROUTE}`, () => problem(409, "conflict", "api has DATABASE_URL already."));
    expect(await cli("bind", ...api, "--to", "db")).toMatchObject({
      code: 1,
      stderr: "api has DATABASE_URL already.\n",
    });
  });

  test("unbind says what is gone", async () => {
    platform.on(`DELETE ${ROUTE}`, { to: "db", unset: ["DATABASE_URL"] });
    const answer = await cli("unbind", ...api, "--to", "db");
    expect(answer).toMatchObject({ code: 0, stdout: expect.stringContaining("Removed DATABASE_URL.") });
    expect(asked()).toEqual({ to: "db", apply: false });
  });
});
