import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchBrowser } from "@homeport/kit/test/browser.ts";
import { type GitServer, startGitServer } from "@homeport/runner/test/git-server.ts";
import { pack } from "tar-stream";
import { startPlatform, type TestPlatform } from "./platform.ts";
import { commitRepository } from "./repositories.ts";
import { mendInDashboard, signIn } from "./use-dashboard.ts";

const MINUTE = 60_000;
let platform: TestPlatform;
let git: GitServer;
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "hp-bad-"));
  git = await startGitServer(dir);
  platform = await startPlatform("process");
}, 3 * MINUTE);

afterAll(async () => {
  await platform?.stop();
  await git?.stop();
  rmSync(dir, { recursive: true, force: true });
}, 2 * MINUTE);

const target = ["--project", "bad", "--service", "bad"];

const refusedByCli: { name: string; args: string[]; code: number; says: RegExp }[] = [
  { name: "an unknown option", args: ["deploy", ...target, "--prot", "80"], code: 2, says: /--prot|unknown option/ },
  { name: "a missing option", args: ["deploy", "--project", "bad"], code: 2, says: /--service/ },
  {
    name: "a name that no service can have",
    args: ["deploy", "--project", "bad", "--service", "Bad Name"],
    code: 2,
    says: /lower-case/,
  },
  { name: "a folder that is not there", args: ["deploy", "/no/such/folder", ...target], code: 2, says: /not a folder/ },
  { name: "two sources at once", args: ["deploy", ".", ...target, "--image", "a:1"], code: 2, says: /one thing/ },
  {
    name: "a git URL with a local transport",
    args: ["deploy", ...target, "--git", "file:///etc"],
    code: 1,
    says: /git URL/,
  },
  {
    name: "a git URL that is an option",
    args: ["deploy", ...target, "--git=--upload-pack=x"],
    code: 1,
    says: /git URL/,
  },
  {
    name: "a git URL that names a helper",
    args: ["deploy", ...target, "--git", "ext::sh -c x"],
    code: 1,
    says: /git URL/,
  },
  {
    name: "an image that is no image",
    args: ["deploy", ...target, "--image", "-x"],
    code: 1,
    says: /image reference|argument/,
  },
  {
    name: "a port out of range",
    args: ["deploy", ...target, "--image", "a:1", "--port", "99999"],
    code: 2,
    says: /port/,
  },
  { name: "a variable without a name", args: ["env", "set", ...target, "=x"], code: 2, says: /KEY=VALUE/ },
  { name: "a release that is no number", args: ["rollback", ...target, "--to", "last"], code: 2, says: /whole number/ },
  {
    name: "a service that is not there",
    args: ["logs", "--project", "nobody", "--service", "nothing"],
    code: 1,
    says: /no such/,
  },
];

for (const { name, args, code, says } of refusedByCli) {
  test(`the command line refuses ${name} with a sentence`, async () => {
    const result = await platform.cli(args);
    expect(result.stderr).toMatch(says);
    expect(result.code).toBe(code);
    expect(result.stderr).not.toMatch(/at .*\.ts:\d+/);
  });
}

const failing: { name: string; source: () => Promise<string[]>; code: string; says: RegExp }[] = [
  {
    name: "a repository that nobody serves",
    source: async () => ["--git", "http://127.0.0.1:9/none.git"],
    code: "repository_unreachable",
    says: /./,
  },
  {
    name: "a repository that is not there",
    source: async () => ["--git", `${git.url}/none.git`],
    code: "repository_private",
    says: /private|not exist/,
  },
  {
    name: "a branch that is not there",
    source: async () => {
      await commitRepository(dir, "real", { "index.html": "x" });
      return ["--git", `${git.url}/real.git`, "--ref", "nowhere"];
    },
    code: "ref_not_found",
    says: /nowhere/,
  },
  {
    name: "a repository that nothing recognises",
    source: async () => {
      await commitRepository(dir, "odd", { "notes.txt": "x" });
      return ["--git", `${git.url}/odd.git`];
    },
    code: "nothing_detected",
    says: /recogni[sz]e/,
  },
  {
    name: "a Dockerfile, which this engine cannot build",
    source: async () => {
      await commitRepository(dir, "docker", { Dockerfile: "FROM scratch\n" });
      return ["--git", `${git.url}/docker.git`];
    },
    code: "needs_container_engine",
    says: /container engine/,
  },
  {
    name: "a dependency that does not exist",
    source: async () => {
      const dependencies = { "homeport-no-such-package-at-all": "1.0.0" };
      await commitRepository(dir, "missing", {
        "package.json": JSON.stringify({ dependencies, scripts: { start: "node x" } }),
      });
      return ["--git", `${git.url}/missing.git`];
    },
    code: "install_failed",
    says: /npm install/,
  },
];

for (const [i, { name, source, code, says }] of failing.entries()) {
  test(
    `a deploy of ${name} fails with the reason and leaves nothing half made`,
    async () => {
      const result = await platform.cli([
        "deploy",
        "--project",
        "bad",
        "--service",
        `bad-${i}`,
        ...(await source()),
        "--wait",
        "--json",
      ]);
      expect(result.code).toBe(1);
      const told = JSON.parse(result.stdout);
      expect(told).toMatchObject({ state: "failed", release: null, reason: { code } });
      expect(told.reason.message).toMatch(says);
      expect(await platform.cliJson(["releases", "--project", "bad", "--service", `bad-${i}`])).toEqual([]);
      expect(readdirSync(join(platform.dataDir, "runner/jobs"))).toEqual([]);
    },
    2 * MINUTE,
  );
}

test(
  "in the browser a person reads what was wrong at its field, mends it, and sees why a deployment failed",
  async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await signIn(platform, page);
      await mendInDashboard(platform, page);
    } finally {
      await browser.close();
    }
  },
  2 * MINUTE,
);

const upload = (body: BodyInit, type = "application/gzip"): Promise<Response> =>
  fetch(`${platform.url}/api/v1/ci/uploads`, {
    method: "POST",
    headers: { authorization: `Bearer ${platform.token}`, "content-type": type },
    body,
    signal: AbortSignal.timeout(30_000),
  });

test("an upload that is no archive is refused", async () => {
  const response = await upload("this is not gzip");
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.status).toBeLessThan(500);
  expect(response.headers.get("content-type")).toContain("application/problem+json");
});

const hostile: { name: string; entry: Parameters<ReturnType<typeof pack>["entry"]>[0] }[] = [
  { name: "a path that climbs out", entry: { name: "../escaped.txt" } },
  { name: "an absolute path", entry: { name: "/tmp/escaped-homeport.txt" } },
  { name: "a link that leads out", entry: { name: "link", type: "symlink", linkname: "/etc" } },
  { name: "a device", entry: { name: "null", type: "character-device" } },
];

for (const { name, entry } of hostile) {
  test(
    `an uploaded archive with ${name} never leaves its folder`,
    async () => {
      const tar = pack();
      if (entry.type === undefined) tar.entry(entry, "escaped");
      else tar.entry(entry);
      if (entry.type === "symlink") tar.entry({ name: "link/escaped-homeport.txt" }, "escaped");
      tar.entry({ name: "index.html" }, "<h1>x</h1>");
      tar.finalize();
      const chunks: Uint8Array[] = [];
      for await (const chunk of tar) chunks.push(chunk as Uint8Array);
      const made = (await (await upload(new Blob([Bun.gzipSync(Buffer.concat(chunks))]))).json()) as { id: string };
      await platform.client.deployments.projects.create({ slug: "hostile" }).catch(() => {});
      const slug = `h-${made.id.slice(-8).replace(/^[0-9]/, "x")}`;
      const source = { kind: "upload" as const };
      await platform.client.deployments.services.create({ project: "hostile", slug, source });
      const where = { project: "hostile", service: slug };
      const { id } = await platform.client.deployments.deployments.create({ ...where, uploadId: made.id });
      let state = "queued";
      while (!["live", "failed"].includes(state)) {
        const deployment = await platform.client.deployments.deployments.get({ ...where, deployment: id });
        state = deployment.state;
        if (state === "failed") expect(deployment.reason?.code).toBe("archive_invalid");
        await Bun.sleep(50);
      }
      expect(state).toBe("failed");
      for (const path of [
        "/tmp/escaped-homeport.txt",
        "/etc/escaped-homeport.txt",
        join(platform.dataDir, "runner/jobs/escaped.txt"),
      ]) {
        expect(existsSync(path)).toBe(false);
      }
    },
    MINUTE,
  );
}

const malformed: { name: string; body: string; status: number }[] = [
  { name: "no JSON", body: "{bad", status: 400 },
  { name: "an unknown field", body: '{"slug":"x","owner":true}', status: 400 },
  { name: "a prototype", body: '{"slug":"x","__proto__":{"admin":true}}', status: 400 },
  { name: "a wrong type", body: '{"slug":5}', status: 400 },
  { name: "two megabytes", body: JSON.stringify({ slug: "x".repeat(2_000_000) }), status: 413 },
];

for (const { name, body, status } of malformed) {
  test(`a request with ${name} is answered with ${status} and the reason`, async () => {
    const response = await fetch(`${platform.url}/api/v1/deployments/projects`, {
      method: "POST",
      headers: { authorization: `Bearer ${platform.token}`, "content-type": "application/json" },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    expect(response.status).toBe(status);
    const problem = (await response.json()) as { code: string; detail: string; requestId: string };
    expect(problem.detail.length).toBeGreaterThan(5);
    expect(problem.requestId).not.toBe("");
  });
}

test("pages show what was wrong at the field, and keep what was typed", async () => {
  await platform.client.deployments.projects.create({ slug: "forms" });
  const response = await fetch(`${platform.url}/projects/forms/new`, {
    method: "POST",
    headers: { cookie: platform.cookie, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ slug: "web", kind: "git", location: "ext::bad", port: "3000" }),
    redirect: "manual",
    signal: AbortSignal.timeout(10_000),
  });
  const html = await response.text();
  expect(response.status).toBe(422);
  expect(html).toContain("git URL");
  expect(html).toContain("ext::bad");
});
