import { describe, expect, test } from "bun:test";
import { SERVICE, serviceCommands, TARGET } from "./service-commands.ts";
import { AT, deployment } from "./stub-platform.ts";

const { accept, cli, platform } = serviceCommands();

describe("env", () => {
  test("sets and says what the next step is; with --apply it restarts", async () => {
    platform.on(`PUT ${SERVICE}/variables`, { set: ["A", "B"] });
    accept({ cause: "configuration" });
    const set = await cli(["env", "set", "A=1", "B=x=y", ...TARGET]);
    expect([set.code, set.stdout]).toEqual([0, expect.stringContaining("Set A, B. The next deployment uses it")]);
    expect(platform.seen[0]?.body).toMatchObject({ values: { A: "1", B: "x=y" } });
    const applied = await cli(["env", "set", "A=1", "B=2", "--apply", "--json", ...TARGET]);
    expect(JSON.parse(applied.stdout)).toMatchObject({ state: "queued" });
    expect(applied.stderr).toBe("Set A, B.\n");
    const told = await cli(["env", "set", "A=1", "B=2", "--apply", "--no-wait", ...TARGET]);
    expect(told.stderr).toContain("See what comes of it with: homeport status");
    expect(platform.seen.at(-1)?.body).toMatchObject({ what: "configuration" });
  });

  test("--apply deploys what refers to it as well, and says whether all of it is live", async () => {
    const deployments = ["api", "web"].map((service) => ({
      service,
      environment: "production",
      deploymentId: service,
    }));
    platform.on(`PUT ${SERVICE}/variables`, { set: ["A"], deployments });
    platform.on(`GET ${SERVICE}/deployments/api`, deployment({ state: "live", cause: "configuration" }));
    const web = (state: string) =>
      platform.on("GET /deployments/projects/shop/services/web/deployments/web", deployment({ state }));
    web("live");
    const applied = await cli(["env", "set", "A=1", "--apply", "--wait", "--json", ...TARGET]);
    expect([applied.code, JSON.parse(applied.stdout)]).toEqual([0, expect.objectContaining({ state: "live" })]);
    expect(applied.stderr).toContain("What refers to it changes, too. Deploying web in production.");
    expect(platform.seen[0]?.body).toMatchObject({ values: { A: "1" }, apply: true });
    expect(platform.routesSeen().filter((route) => route.startsWith("POST"))).toEqual([]);
    web("failed");
    const failed = await cli(["env", "set", "A=1", "--apply", "--wait", "--json", ...TARGET]);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain("web in production is failed");
  });

  test("unsets and lists, never with a value", async () => {
    platform.on(`POST ${SERVICE}/variables/unset`, { unset: ["A"] });
    const unset = await cli(["env", "unset", "A", "B", ...TARGET]);
    expect([unset.code, unset.stderr]).toEqual([0, "Not set before: B.\n"]);
    const listed = {
      name: "A",
      updatedAt: AT,
      scope: "workload",
      overrides: ["project"],
      refers: [{ kind: "service", id: null, name: "db.URL" }],
    };
    platform.on(`GET ${SERVICE}/variables`, { items: [listed], problems: [] });
    expect(JSON.parse((await cli(["env", "list", "--json", ...TARGET])).stdout)).toEqual([listed]);
    expect((await cli(["env", "list", ...TARGET])).stdout).toMatch(
      /^NAME\s+FROM\s+REFERS TO\s+CHANGED\nA\s+workload\s+db\.URL\s+\d+d ago\n$/,
    );
  });
});
