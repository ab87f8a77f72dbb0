import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchBrowser, screenshot } from "@homeport/kit/test/browser.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { type GitServer, startGitServer } from "@homeport/runner/test/git-server.ts";
import { constantLoad } from "./load.ts";
import { publishAndInstall } from "./npm.ts";
import { type Engine, fetchHost, startPlatform, type TestPlatform } from "./platform.ts";
import { commitRepository, nodeRedRepository, smallServer, verdaccioRepository, writeFiles } from "./repositories.ts";
import { walkDashboard } from "./walk-dashboard.ts";

const MINUTE = 60_000;

/** What a person does from a fresh machine to a live URL, on one engine. */
export const deploySuite = (engine: Engine, prepare: () => Promise<Record<string, string>>): void => {
  describe(`on the ${engine} engine`, () => {
    let platform: TestPlatform;
    let git: GitServer;
    let repositories: string;

    beforeAll(async () => {
      repositories = mkdtempSync(join(tmpdir(), "hp-repos-"));
      git = await startGitServer(repositories);
      platform = await startPlatform(engine, await prepare());
    }, 5 * MINUTE);

    afterAll(async () => {
      await platform?.stop();
      await git?.stop();
      rmSync(repositories, { recursive: true, force: true });
    }, 2 * MINUTE);

    const deployGit = (project: string, service: string, ...more: string[]) =>
      platform.cliJson([
        "deploy",
        "--project",
        project,
        "--service",
        service,
        "--git",
        `${git.url}/${service}.git`,
        "--wait",
        ...more,
      ]);
    const textOf = async (url: string, path = "/") => (await fetchHost(platform, url, path)).text();

    test(
      "a small server goes from a git repository to a live address, its releases are listed and it rolls back",
      async () => {
        const commit = await commitRepository(repositories, "api", smallServer("one"));
        const first = await deployGit("shop", "api", "--health-path", "/healthz");
        expect(first).toMatchObject({ state: "live", release: 1, url: `http://api-shop.localhost:${platform.port}` });
        expect(first.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
        expect(await textOf(first.url)).toBe("one");

        await commitRepository(repositories, "api", smallServer("two"), "second");
        const second = await deployGit("shop", "api");
        expect(second).toMatchObject({ state: "live", release: 2 });
        expect(await textOf(first.url)).toBe("two");

        const releases = await platform.cliJson(["releases", "--project", "shop", "--service", "api"]);
        expect(releases.map((each: { number: number; state: string }) => [each.number, each.state])).toEqual([
          [2, "live"],
          [1, "superseded"],
        ]);
        expect(releases[1].commit).toBe(commit);

        const back = await platform.cliJson([
          "rollback",
          "--project",
          "shop",
          "--service",
          "api",
          "--to",
          "1",
          "--wait",
        ]);
        expect(back).toMatchObject({ state: "live", release: 1, digest: first.digest });
        expect(await textOf(first.url)).toBe("one");
      },
      4 * MINUTE,
    );

    test(
      "variables are used from the deployment that applies them, and an earlier release has its own",
      async () => {
        const target = ["--project", "shop", "--service", "api"];
        const set = await platform.cliJson(["env", "set", ...target, "GREETING=good day", "--apply", "--wait"]);
        expect(set.state).toBe("live");
        const env = JSON.parse(await textOf(set.url, "/env"));
        expect(env.GREETING).toBe("good day");
        expect(Object.keys(env)).not.toContain("APP_SECRET");
        expect(Object.keys(env)).not.toContain("DATABASE_URL");
        await platform.cliJson(["rollback", ...target, "--to", "1", "--wait"]);
        expect(JSON.parse(await textOf(set.url, "/env")).GREETING).toBeUndefined();
      },
      2 * MINUTE,
    );

    test(
      "a folder is uploaded, built and served",
      async () => {
        const dir = mkdtempSync(join(tmpdir(), "hp-folder-"));
        writeFiles(dir, smallServer("from a folder"));
        const live = await platform.cliJson(["deploy", dir, "--project", "shop", "--service", "folder", "--wait"]);
        expect(await textOf(live.url)).toBe("from a folder");
        rmSync(dir, { recursive: true });
      },
      2 * MINUTE,
    );

    test(
      "a static site is served",
      async () => {
        await commitRepository(repositories, "site", {
          "index.html": "<h1>Hello from a file</h1>",
          "style.css": "h1{}",
        });
        const live = await deployGit("shop", "site");
        const page = await fetchHost(platform, live.url);
        expect(page.headers.get("content-type")).toContain("text/html");
        expect(await page.text()).toContain("Hello from a file");
        expect((await fetchHost(platform, live.url, "/style.css")).headers.get("content-type")).toContain("text/css");
      },
      2 * MINUTE,
    );

    test(
      "a release that crashes, one that never listens and one that answers 500 leave the old one serving, and say why",
      async () => {
        await commitRepository(repositories, "fragile", smallServer("steady"));
        const good = await deployGit("shop", "fragile", "--health-path", "/healthz");
        const failures: { name: string; files: Record<string, string>; reason: RegExp }[] = [
          {
            name: "crash",
            files: smallServer("bad", 'console.error("no database here"); process.exit(3);'),
            reason: /code 3|exit/i,
          },
          {
            name: "silence",
            files: { "server.js": "setInterval(() => {}, 1000); console.log('quiet');" },
            reason: /listen|PORT/,
          },
          { name: "500", files: smallServer("bad", "globalThis.healthStatus = 500;"), reason: /500/ },
        ];
        await platform.client.deployments.services.update({
          project: "shop",
          service: "fragile",
          settings: {
            ...(await platform.client.deployments.services.get({ project: "shop", service: "fragile" })).settings,
            health: { kind: "http", path: "/healthz", timeoutSeconds: 5 },
          },
        });
        for (const { name, files, reason } of failures) {
          await commitRepository(repositories, "fragile", files, name);
          const args = ["deploy", "--project", "shop", "--service", "fragile", "--wait", "--json"];
          const result = await platform.cli(args);
          expect(result.code, name).toBe(1);
          const told = JSON.parse(result.stdout);
          expect(told.state, name).toBe("failed");
          expect(told.reason.message, name).toMatch(reason);
          expect(await textOf(good.url), name).toBe("steady");
          if (name === "crash") {
            expect(told.reason.exitCode).toBe(3);
            expect(told.reason.lastLines.join("\n")).toContain("no database here");
          }
        }
      },
      4 * MINUTE,
    );

    test(
      "ten redeploys under constant requests fail not one of them",
      async () => {
        await commitRepository(repositories, "busy", smallServer("busy"));
        const live = await deployGit("shop", "busy", "--health-path", "/healthz");
        const stopping = new AbortController();
        const load = constantLoad(platform, live.url, 100, stopping.signal);
        // A redeploy can be so quick that ten see few requests: then there are more of them, never less traffic.
        for (let i = 0; i < 10 || (load.sent() <= 500 && i < 100); i += 1) {
          const target = ["--project", "shop", "--service", "busy"];
          const result = await platform.cliJson(["env", "set", ...target, `ROUND=${i}`, "--apply", "--wait"]);
          expect(result.state).toBe("live");
        }
        stopping.abort();
        const { sent, failed } = await load.ended;
        expect(sent).toBeGreaterThan(500);
        expect(failed).toEqual([]);
      },
      5 * MINUTE,
    );

    test(
      "two services of one project reach each other by name, another project's cannot be named",
      async () => {
        const api = await platform.client.deployments.services.get({ project: "shop", service: "api" });
        const answer = await textOf(api.url, `/call?url=${encodeURIComponent("http://busy:8080/")}`);
        expect(answer).toBe("busy");
      },
      MINUTE,
    );

    test(
      "logs of a service are there after its release is gone, and follow live",
      async () => {
        const result = await platform.cli(["logs", "--project", "shop", "--service", "busy", "-n", "1000"]);
        expect(result.stdout.match(/listening on/g)?.length ?? 0).toBeGreaterThan(5);
      },
      MINUTE,
    );

    test(
      "verdaccio from a git repository takes npm publish and npm install through the gateway",
      async () => {
        await commitRepository(repositories, "packages", verdaccioRepository());
        const live = await deployGit("tools", "packages");
        await publishAndInstall(platform, live.url);
      },
      8 * MINUTE,
    );

    test(
      "node-red's editor loads in Chromium with its WebSocket connected",
      async () => {
        await commitRepository(repositories, "flows", nodeRedRepository());
        const live = await deployGit("tools", "flows");
        const browser = await launchBrowser();
        try {
          const page = await browser.newPage();
          const sockets: { url: string; frames: number }[] = [];
          page.on("websocket", (socket) => {
            const seen = { url: socket.url(), frames: 0 };
            sockets.push(seen);
            socket.on("framereceived", () => {
              seen.frames += 1;
            });
          });
          await page.goto(live.url, { timeout: MINUTE });
          await page.waitForSelector(".red-ui-palette-node", { timeout: MINUTE });
          await waitFor(() => sockets.some((socket) => socket.url.includes("/comms") && socket.frames > 0), {
            timeoutMs: 30_000,
          });
          await screenshot(page, `node-red-${engine}`);
        } finally {
          await browser.close();
        }
      },
      8 * MINUTE,
    );

    test(
      "a person signs in and sees the service, its log, releases and variables, by every theme and width",
      async () => {
        const browser = await launchBrowser();
        try {
          await walkDashboard(platform, browser, engine);
        } finally {
          await browser.close();
        }
      },
      3 * MINUTE,
    );
  });
};
