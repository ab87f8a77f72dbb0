import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { type GitServer, startGitServer } from "@homeport/runner/test/git-server.ts";
import { fetchHost, run, startPlatform, type TestPlatform } from "./platform.ts";
import { commitRepository, smallServer } from "./repositories.ts";

const MINUTE = 60_000;
const USER = "deploy:t0ken";

let platform: TestPlatform;
let git: GitServer;
let repositories: string;

beforeAll(async () => {
  repositories = mkdtempSync(join(tmpdir(), "hp-repos-"));
  git = await startGitServer(repositories, { users: { "api.git": USER } });
  platform = await startPlatform("process");
}, 5 * MINUTE);

afterAll(async () => {
  await platform?.stop();
  await git?.stop();
  rmSync(repositories, { recursive: true, force: true });
}, 2 * MINUTE);

const target = ["--project", "shop", "--service", "api"];

/** What references/deploying.md tells a script to send, signed by openssl as it says there. */
const tell = async ([address, secret]: [string, string], body: unknown): Promise<Response> => {
  const file = join(repositories, "body.json");
  await Bun.write(file, JSON.stringify(body));
  const signed = await run(["openssl", "dgst", "-sha256", "-hmac", secret, "-r", file], { timeoutMs: MINUTE });
  const signature = `sha256=${signed.stdout.split(" ")[0]}`;
  return fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json", "x-hub-signature-256": signature, "webhook-id": Bun.randomUUIDv7() },
    body: Bun.file(file),
  });
};

test(
  "a push to a private repository is built from its very commit and goes live",
  async () => {
    await commitRepository(repositories, "api", smallServer("one"));
    const url = `${git.url}/api.git`;
    await platform.client.deployments.projects.create({ slug: "shop" });
    await platform.client.deployments.services.create({
      project: "shop",
      slug: "api",
      source: { kind: "git", url },
      settings: {},
    });
    const check = () => platform.client.deployments.repositories.check({ project: "shop", service: "api" });
    expect(await check()).toMatchObject({ readable: false, credential: "none" });
    const [username = "", token = ""] = USER.split(":");
    await platform.client.deployments.gitCredentials.setGitToken({ project: "shop", service: "api", username, token });
    expect(await check()).toMatchObject({ readable: true, credential: "git-token", defaultBranch: "main" });
    const { items } = await platform.client.deployments.repositories.branches({ project: "shop", service: "api" });
    expect(items.map(({ name }) => name)).toEqual(["main"]);

    const made = await platform.cli(["hook", "create", ...target, "--provider", "generic"]);
    const [address = "", secret = ""] = made.stdout.trim().split("\n");
    const hook: [string, string] = [address, secret];
    const second = await commitRepository(repositories, "api", smallServer("two"), "second");
    await commitRepository(repositories, "api", smallServer("three"), "third");

    const push = { ref: "refs/heads/main", commit: second, defaultBranch: "main" };
    const answer = await tell(hook, push);
    expect(answer.status).toBe(200);
    const { results } = (await answer.json()) as { results: { deployment: string }[] };
    const deployment = results[0]?.deployment ?? "";
    const live = await waitFor(
      async () => {
        const now = await platform.client.deployments.deployments.get({ project: "shop", service: "api", deployment });
        if (now.state === "failed") throw new Error(JSON.stringify(now.reason));
        return now.state === "live" ? now : null;
      },
      { timeoutMs: 2 * MINUTE, message: "the push is live" },
    );
    expect(live).toMatchObject({ commit: second, createdBy: expect.stringContaining("Push to") });
    expect(await (await fetchHost(platform, live.url)).text()).toBe("two");

    const strangers = await tell([address, "guessed"], push);
    expect(strangers.status).toBe(404);
  },
  5 * MINUTE,
);
