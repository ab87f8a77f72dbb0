import { describe, expect, test } from "bun:test";
import { serviceCommands } from "./service-commands.ts";
import { deployment } from "./stub-platform.ts";

const { cli, platform } = serviceCommands();
const PROJECT = ["--project", "shop"];
const ids = { api: deployment().id, web: "0199f000-0000-7000-8000-000000000002" };
const at = (service: string) => `/deployments/projects/shop/services/${service}/deployments/:id`;

const applied = (changes: Record<string, unknown> = {}) => ({
  changeSet: 4,
  deployments: [
    { service: "api", environment: "production", deploymentId: ids.api },
    { service: "web", environment: "staging", deploymentId: ids.web },
  ],
  notDeployed: [],
  problems: [],
  ...changes,
});
const apply = (...flags: string[]) => cli(["changes", "apply", ...PROJECT, ...flags]);

describe("changes apply --wait", () => {
  test("ends when all that it deploys is live, telling how each gets on", async () => {
    const states = ["queued", "rolling_out", "live"];
    platform.on("POST /deployments/projects/shop/changes/apply", applied());
    platform.on(`GET ${at("api")}`, deployment());
    platform.on(`GET ${at("web")}`, (request) => {
      expect(new URL(request.url).searchParams.get("environment")).toBe("staging");
      return Response.json(deployment({ state: states.length > 1 ? states.shift() : states[0] }));
    });
    const { code, stdout, stderr } = await apply("--wait");
    expect([code, stdout]).toEqual([0, "Applied as set 4.\nDeploying api in production, web in staging.\n"]);
    expect(stderr.split("\n")).toEqual([
      "==> api in production: Live",
      "==> web in staging: Waiting for its turn",
      "==> web in staging: Starting the new release",
      "==> web in staging: Live",
      "",
    ]);
  });

  test("exits 1 when one of them is not live, and says why; as JSON the states are in the document", async () => {
    const reason = { code: "crashed", message: "The process ended.", lastLines: ["boom"] };
    platform.on("POST /deployments/projects/shop/changes/apply", applied());
    platform.on(`GET ${at("api")}`, deployment());
    platform.on(`GET ${at("web")}`, deployment({ state: "failed", reason }));
    const text = await apply("--wait");
    expect(text.code).toBe(1);
    expect(text.stderr).toContain("web in staging is failed: The process ended.\n    boom\n");
    const json = await apply("--wait", "--json");
    expect([json.code, JSON.parse(json.stdout).deployments]).toEqual([
      1,
      [expect.objectContaining({ service: "api", state: "live" }), expect.objectContaining({ service: "web", reason })],
    ]);
  });

  test("exits 1 when something could not be deployed at all; without waiting what was asked is true", async () => {
    const notDeployed = [{ service: "web", environment: "production", reason: "Your role does not allow it." }];
    platform.on("POST /deployments/projects/shop/changes/apply", applied({ deployments: [], notDeployed }));
    const waited = await apply("--wait");
    expect([waited.code, waited.stderr]).toEqual([
      1,
      "Not deployed: web in production. Your role does not allow it.\n",
    ]);
    expect((await apply("--no-wait")).code).toBe(0);
    platform.on("POST /deployments/projects/shop/changes/apply", applied({ changeSet: null, deployments: [] }));
    expect(await apply("--wait")).toEqual({ code: 0, stdout: "Nothing was different.\n", stderr: "" });
  });
});

test("variables of a wider scope are applied and waited for in the same way", async () => {
  const answer = { set: ["REGION"], deployments: applied().deployments, problems: [] };
  platform.on("PUT /deployments/projects/shop/variables", answer);
  platform.on(`GET ${at("api")}`, deployment());
  platform.on(`GET ${at("web")}`, deployment({ state: "cancelled" }));
  const { code, stdout, stderr } = await cli([
    "env",
    "set",
    ...PROJECT,
    "--scope",
    "project",
    "REGION=eu",
    "--apply",
    "--wait",
  ]);
  expect([code, stdout]).toEqual([1, "Set REGION. Deploying api in production, web in staging.\n"]);
  expect(stderr).toContain("web in staging is cancelled.");
});

test("how many changes wait is said in words that fit", async () => {
  const change = { id: ids.api, change: { op: "variable.set", name: "A" }, author: { name: "Ada" }, error: null };
  const draft = (count: number) => ({
    version: count,
    changes: Array.from({ length: count }, () => change),
    diff: [],
    conflicts: [],
    problems: [],
    hiddenCount: 0,
  });
  for (const [count, staged, listed] of [
    [1, "Staged. 1 change waits: homeport changes list --project shop\n", "Draft 1, 1 change:"],
    [2, "Staged. 2 changes wait: homeport changes list --project shop\n", "Draft 2, 2 changes:"],
  ] as const) {
    platform.on("POST /deployments/projects/shop/changes", draft(count));
    platform.on("GET /deployments/projects/shop/changes", draft(count));
    const { stdout } = await cli(["env", "set", ...PROJECT, "--scope", "project", "A=1", "--stage"]);
    expect(stdout).toBe(staged);
    expect((await cli(["changes", "list", ...PROJECT])).stdout).toContain(listed);
  }
});
