import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { startPlatform, type TestPlatform } from "./platform.ts";
import { writeFiles } from "./repositories.ts";

const MINUTE = 60_000;
let platform: TestPlatform;
const dir = mkdtempSync(join(tmpdir(), "hp-snapshots-"));

/** Keeps one value in a file of its volume. */
const cupboard = {
  "package.json": JSON.stringify({
    name: "cupboard",
    version: "1.0.0",
    private: true,
    scripts: { start: "node server.js" },
  }),
  "server.js": `const http = require("node:http");
const fs = require("node:fs");
const file = "/data/shelf/value.txt";
http.createServer((req, res) => {
  const { searchParams } = new URL(req.url, "http://x");
  if (searchParams.has("put")) {
    fs.mkdirSync("/data/shelf", { recursive: true });
    fs.writeFileSync(file, searchParams.get("put"));
  }
  res.end(fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "nothing");
}).listen(Number(process.env.PORT), "0.0.0.0");
process.on("SIGTERM", () => process.exit(0));
`,
};

const TARGET = ["--project", "shop", "--service", "cupboard"];
const volume = (...command: string[]) => platform.cliJson(["volume", ...command, ...TARGET]);
const snapshot = (...command: string[]) => platform.cliJson(["snapshot", ...command, ...TARGET]);
let url = "";

beforeAll(async () => {
  platform = await startPlatform("process", {});
  writeFiles(dir, cupboard);
  await platform.cliJson(["deploy", dir, ...TARGET, "--wait"]); // makes the project and the service
  await volume("create", "data", "--path", "/data");
  ({ url } = await platform.cliJson(["deploy", dir, ...TARGET, "--wait"]));
}, 8 * MINUTE);
afterAll(async () => {
  await platform?.stop();
  rmSync(dir, { recursive: true, force: true });
}, 2 * MINUTE);

const ask = async (query = ""): Promise<string> => {
  const response = await fetch(new URL(`/${query}`, url), { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.text();
};

test(
  "a snapshot brings back what a volume held then, and what it held before that is not lost",
  async () => {
    expect(await ask("?put=then")).toBe("then");
    const taken = await snapshot("create", "data", "--note", "before the change", "--wait");
    expect(taken).toMatchObject({ state: "succeeded", kind: "snapshot" });
    expect(await ask("?put=now")).toBe("now");
    const restored = await snapshot("restore", "data", taken.snapshot, "--yes", "--wait");
    expect(restored).toMatchObject({ state: "succeeded", reason: null });
    expect(restored.steps).toEqual(["stopping", "saving", "working", "starting"]);
    expect(await ask()).toBe("then");
    const listed = await snapshot("list", "data");
    expect(listed.map(({ id, origin }: { id: string; origin: string }) => [id, origin])).toEqual([
      [restored.savedAs, "before-restore"],
      [taken.snapshot, "request"],
    ]);
    expect(listed[0]).toMatchObject({ state: "ready", consistent: true });
    await snapshot("restore", "data", restored.savedAs, "--yes", "--wait");
    expect(await ask()).toBe("now");
  },
  5 * MINUTE,
);

test(
  "what is in a volume can be looked at, and a reset empties it",
  async () => {
    await ask("?put=found");
    const used = await volume("usage", "data");
    expect(used).toMatchObject({ files: 2, sizeMiB: null, stale: null });
    expect(used.bytes).toBeGreaterThan(0);
    const shelf = await volume("files", "data", "/shelf");
    expect(shelf.entries).toMatchObject([{ name: "value.txt", type: "file", bytes: 5 }]);
    const read = await platform.cli(["volume", "files", "data", "/shelf/value.txt", ...TARGET]);
    expect([read.code, read.stdout]).toEqual([0, "found"]);
    expect(await volume("resize", "data", "--size", "64", "--wait")).toMatchObject({ state: "succeeded", sizeMiB: 64 });
    const unasked = await platform.cli(["volume", "reset", "data", ...TARGET, "--wait"]);
    expect(unasked.code).toBe(2);
    expect(unasked.stderr).toContain("--yes");
    expect(await ask()).toBe("found");
    expect(await volume("reset", "data", "--yes", "--wait")).toMatchObject({ state: "succeeded" });
    expect(await ask()).toBe("nothing");
  },
  5 * MINUTE,
);

test(
  "a restore goes on where it was when the platform is stopped in the middle of it",
  async () => {
    await ask("?put=kept");
    const taken = await snapshot("create", "data", "--wait");
    await ask("?put=changed");
    const asked = await snapshot("restore", "data", taken.snapshot, "--yes", "--no-wait");
    await platform.down();
    await platform.up();
    const { volumeOperations } = platform.client.deployments;
    const at = { project: "shop", service: "cupboard", volume: "data", operation: asked.id };
    const over = await waitFor(
      async () => {
        const operation = await volumeOperations.get(at).catch(() => null);
        return operation?.finishedAt == null ? null : operation;
      },
      { timeoutMs: 2 * MINUTE, message: "the restore is over" },
    );
    expect(over).toMatchObject({ state: "succeeded", reason: null });
    await waitFor(async () => (await ask().catch(() => "")) === "kept", {
      timeoutMs: MINUTE,
      message: "it serves again",
    });
  },
  6 * MINUTE,
);

test(
  "a snapshot that was removed is gone from the node's disk",
  async () => {
    const archives = () => readdirSync(join(platform.dataDir, "agent", "snapshots"));
    const taken = await snapshot("create", "data", "--wait");
    expect(archives()).toContain(taken.snapshot);
    expect(await snapshot("remove", "data", taken.snapshot, "--yes", "--wait")).toEqual({ removed: true });
    expect(archives()).not.toContain(taken.snapshot);
  },
  3 * MINUTE,
);
