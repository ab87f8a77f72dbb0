import { afterAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { runCli } from "./run-cli.ts";
import { AT, deployment, service, startStubPlatform } from "./stub-platform.ts";

setDefaultTimeout(30_000); // each test starts processes

const platform = startStubPlatform();
const env = { HOMEPORT_URL: platform.url, HOMEPORT_TOKEN: "hp_x" };
afterAll(() => platform.stop());
beforeEach(() => platform.reset());

const cli = (args: string[], stdin?: string) =>
  runCli(args, { env, cwd: import.meta.dir, ...(stdin === undefined ? {} : { stdin }) });
const target = ["--project", "shop", "--service", "api"];
const SERVICE = "/deployments/projects/shop/services/api";
const GIT = { kind: "git", url: "https://example.com/shop/api.git" };
const hook = {
  id: deployment().id,
  provider: "github",
  url: GIT.url,
  address: "http://localhost:3000/api/v1/deployments/hooks/1",
  services: ["api"],
  createdBy: "Ada",
  createdAt: AT,
  rotatedAt: null,
  formerSecretUntil: null,
  lastDeliveryAt: null,
};

test("a webhook is made for a service's repository; its address and secret are the output", async () => {
  platform.on(`GET ${SERVICE}`, service({ source: GIT }));
  platform.on("POST /deployments/projects/shop/hooks", () =>
    Response.json({ ...hook, secret: "s3cr3t" }, { status: 201 }),
  );
  const { code, stdout } = await cli(["hook", "create", ...target, "--provider", "github"]);
  expect([code, stdout]).toEqual([0, `${hook.address}\ns3cr3t\n`]);
  expect(platform.seen.at(-1)?.body).toEqual({ provider: "github", url: GIT.url });
  expect((await cli(["hook", "create", "--project", "shop", "--provider", "github"])).code).toBe(2);
  expect((await cli(["hook", "create", ...target, "--provider", "svn"])).code).toBe(2);
});

test("webhooks are listed, rotated and removed", async () => {
  platform.on("GET /deployments/projects/shop/hooks", { items: [hook] });
  expect((await cli(["hook", "list", "--project", "shop"])).stdout).toMatch(/github +https:\S+ +api +never/);
  platform.on("POST /deployments/projects/shop/hooks/:id/rotate", { ...hook, secret: "n3w" });
  expect((await cli(["hook", "rotate", hook.id, "--project", "shop"])).stdout).toContain("n3w");
  platform.on("DELETE /deployments/projects/shop/hooks/:id", { removed: true });
  expect((await cli(["hook", "remove", hook.id, "--project", "shop"])).code).toBe(0);
});

test("a deploy key's public half is the output, and nothing when there is none", async () => {
  const deployKey = {
    publicKey: "ssh-ed25519 AAAA x",
    fingerprint: "SHA256:x",
    server: "ssh://example.com",
    hostKey: null,
    createdAt: AT,
  };
  platform.on(`POST ${SERVICE}/deploy-key`, () => Response.json(deployKey, { status: 201 }));
  expect((await cli(["deploy-key", "create", ...target])).stdout).toBe("ssh-ed25519 AAAA x\n");
  platform.on(`GET ${SERVICE}/git-credentials`, { deployKey: null, gitToken: null });
  expect(await cli(["deploy-key", "show", ...target])).toMatchObject({ code: 1, stdout: "" });
});

test("a token comes from standard input, and is not printed", async () => {
  platform.on(`PUT ${SERVICE}/git-token`, { username: "deploy", server: "https://example.com", createdAt: AT });
  const { code, stdout, stderr } = await cli(["git-token", "set", ...target, "--username", "deploy"], "t0ken\n");
  expect([code, platform.seen[0]?.body]).toEqual([0, { username: "deploy", token: "t0ken" }]);
  expect(stdout + stderr).not.toContain("t0ken");
  expect((await cli(["git-token", "set", ...target], "\n")).code).toBe(2);
});

test("a branch or a commit is deployed of a service that is made from git, without changing the service", async () => {
  platform.on(`GET ${SERVICE}`, service({ source: GIT }));
  platform.on(`POST ${SERVICE}/deployments`, () => Response.json(deployment({ state: "queued" }), { status: 202 }));
  const commit = "a".repeat(40);
  const { code } = await cli(["deploy", ...target, "--branch", "next", "--commit", commit, "--no-wait"]);
  expect([code, platform.seen.at(-1)?.body]).toEqual([0, { ref: "next", commit }]);
  expect(platform.routesSeen()).toEqual([`GET ${SERVICE}`, `POST ${SERVICE}/deployments`]);
  expect((await cli(["deploy", ".", ...target, "--branch", "next"])).code).toBe(2);
});
