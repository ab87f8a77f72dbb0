import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { startPlatform, type TestPlatform } from "./platform.ts";
import { writeFiles } from "./repositories.ts";

const MINUTE = 60_000;
let platform: TestPlatform;
const dir = mkdtempSync(join(tmpdir(), "hp-volumes-"));

/** Keeps what it is told in a file of its volume, and says which release of it answers. */
const notebook = (version: string) => ({
  "package.json": JSON.stringify({
    name: "notebook",
    version: "1.0.0",
    private: true,
    scripts: { start: "node server.js" },
  }),
  "server.js": `const http = require("node:http");
const fs = require("node:fs");
const file = "/data/notes.txt";
const read = () => (fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "");
http.createServer((req, res) => {
  const { pathname, searchParams } = new URL(req.url, "http://x");
  if (pathname === "/version") return res.end(${JSON.stringify(version)});
  if (pathname === "/add") fs.appendFileSync(file, searchParams.get("note") + ";");
  res.end(read());
}).listen(Number(process.env.PORT), "0.0.0.0");
process.on("SIGTERM", () => process.exit(0));
`,
});

beforeAll(async () => {
  platform = await startPlatform("process", {});
}, 5 * MINUTE);
afterAll(async () => {
  await platform?.stop();
  rmSync(dir, { recursive: true, force: true });
}, 2 * MINUTE);

const targetOf = (project: string, environment?: string): string[] => [
  ...["--project", project, "--service", "notebook"],
  ...(environment === undefined ? [] : ["--environment", environment]),
];
const deploy = async (version: string, target: string[]): Promise<{ url: string; release: number }> => {
  writeFiles(dir, notebook(version));
  return platform.cliJson(["deploy", dir, ...target, "--wait"]);
};
const ask = async (url: string, path: string): Promise<string> => {
  const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.text();
};

/** A notebook that is live without a volume, then gets one. An old release stops at once: nobody waits for its answers. */
const newNotebook = async (project: string): Promise<void> => {
  await deploy("one", targetOf(project));
  const place = { project, service: "notebook" };
  await platform.client.deployments.services.update({ ...place, settings: { graceSeconds: 1 } });
  await platform.cliJson(["environment", "create", "staging", "--project", project]);
  await platform.cliJson(["volume", "create", "data", ...targetOf(project), "--path", "/data"]);
};

test(
  "what is written to a volume survives redeployments and a rollback, and is another's in another environment",
  async () => {
    await newNotebook("shop");
    const target = targetOf("shop");
    const { url, release } = await deploy("two", target);
    expect(await ask(url, "/add?note=hello")).toBe("hello;");
    for (const version of ["three", "four", "five"]) {
      await deploy(version, target);
      expect(await ask(url, "/version")).toBe(version);
      expect(await ask(url, `/add?note=${version}`)).toStartWith("hello;");
    }
    await platform.cliJson(["rollback", ...target, "--to", String(release), "--wait"]);
    expect([await ask(url, "/version"), await ask(url, "/")]).toEqual(["two", "hello;three;four;five;"]);

    const staging = await deploy("staged", targetOf("shop", "staging"));
    expect(await ask(staging.url, "/")).toBe("");
    expect(await ask(staging.url, "/add?note=other")).toBe("other;");
    expect(await ask(url, "/")).toBe("hello;three;four;five;");
    const run = await platform.cli(["run", ...target, "--", "cat", "/data/notes.txt"]);
    expect([run.code, run.stdout.trim()]).toEqual([0, "hello;three;four;five;"]);
  },
  8 * MINUTE,
);

test(
  "what a removed volume held is kept and brought back, or deleted from its node",
  async () => {
    await newNotebook("books");
    const [target, staged] = [targetOf("books"), targetOf("books", "staging")];
    const { url } = await deploy("two", target);
    await ask(url, "/add?note=precious");
    const staging = await deploy("two", staged);
    await ask(staging.url, "/add?note=worthless");
    await platform.cliJson(["volume", "remove", "data", ...target, "--yes", "--apply", "--wait"]);
    type Kept = { id: string; environment: string; state: string };
    const listKept = (): Promise<Kept[]> => platform.cliJson(["volume", "kept", "--project", "books"]);
    const idOf = async (environment: string): Promise<string> =>
      (await listKept()).find((each) => each.environment === environment)?.id ?? "";

    await platform.cliJson(["volume", "restore", await idOf("production"), ...target]);
    await deploy("three", target);
    expect([await ask(url, "/version"), await ask(url, "/")]).toEqual(["three", "precious;"]);

    const folders = () => readdirSync(join(platform.dataDir, "agent"), { recursive: true }).map(String);
    const worthless = await idOf("staging");
    const isOnDisk = () => folders().some((path) => path.includes(worthless));
    expect(isOnDisk()).toBe(true);
    await platform.cliJson(["volume", "forget", worthless, "--project", "books", "--yes"]);
    await waitFor(async () => (await listKept()).length === 0, { timeoutMs: MINUTE, message: "it is deleted" });
    expect(isOnDisk()).toBe(false);
    expect(await ask((await deploy("three", staged)).url, "/")).toBe("");
  },
  8 * MINUTE,
);
