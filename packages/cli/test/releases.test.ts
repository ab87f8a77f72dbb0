import { describe, expect, test } from "bun:test";
import { SERVICE, serviceCommands, TARGET } from "./service-commands.ts";
import { AT, deployment, problem, service } from "./stub-platform.ts";

const { cli, platform } = serviceCommands();

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
    expect((await cli(["releases", ...TARGET])).stdout).toContain("2       live   abababababab");
    const { number, digest, state, createdAt, commit } = release;
    expect(JSON.parse((await cli(["releases", "--json", ...TARGET])).stdout)).toEqual([
      { number, digest, state, createdAt, commit },
    ]);
    platform.on(`GET ${SERVICE}/releases`, { items: [], nextCursor: null });
    expect(JSON.parse((await cli(["releases", "--json", ...TARGET])).stdout)).toEqual([]);
    expect((await cli(["releases", ...TARGET])).stderr).toContain("There are no releases yet");
  });

  test("a rollback names the release, and what is asked is true when it ends", async () => {
    platform.on(`POST ${SERVICE}/rollback`, () => Response.json(deployment({ state: "queued" }), { status: 202 }));
    platform.on(`GET ${SERVICE}/deployments/:id`, deployment({ cause: "release" }));
    const { code, stdout } = await cli(["rollback", "--to", "2", "--wait", "--json", ...TARGET]);
    expect([code, JSON.parse(stdout).state]).toEqual([0, "live"]);
    expect(platform.seen[0]?.body).toMatchObject({ to: 2 });
    platform.on(`POST ${SERVICE}/rollback`, () => problem(409, "conflict", "Release 2 is live already."));
    expect(await cli(["rollback", "--to", "2", ...TARGET])).toEqual({
      code: 1,
      stdout: "",
      stderr: "Release 2 is live already.\n",
    });
  });

  test("cancel stops the newest deployment", async () => {
    platform.on(`GET ${SERVICE}`, service({ latest: deployment({ state: "building" }) }));
    platform.on(`POST ${SERVICE}/deployments/:id/cancel`, deployment({ state: "building", cancelRequested: true }));
    expect((await cli(["cancel", ...TARGET])).stdout).toBe("It is being stopped.\n");
    const { stdout } = await cli(["cancel", "--json", ...TARGET]);
    expect(JSON.parse(stdout)).toEqual({ deploymentId: deployment().id, state: "building", cancelRequested: true });
  });
});
