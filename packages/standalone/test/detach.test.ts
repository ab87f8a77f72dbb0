import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { appFolders } from "../src/app-list.ts";
import { pathsOf } from "../src/paths.ts";
import { writePidFile } from "../src/pid-file.ts";
import { writeStartedWith } from "../src/started-with.ts";
import { up } from "./up.ts";

const dataDir = mkdtempSync(join(tmpdir(), "hp-detach-"));
const paths = pathsOf(dataDir);
let routes: { id: string; targets: object[] }[] = [];
let asked = 0;
let gateway: ReturnType<typeof Bun.serve>;

/** A platform as the second start finds it: a supervisor that lives, which is us, and a gateway. */
beforeAll(() => {
  mkdirSync(paths.runDir);
  writeStartedWith(paths.startedWithFile, { engine: "process", port: 4444 });
  writePidFile(paths.pidFiles.supervisor, process.pid);
  gateway = Bun.serve({
    unix: join(paths.runDir, "gateway.sock"),
    fetch: () => {
      asked += 1;
      if (asked > 2) routes = appFolders.map(({ id }) => ({ id, targets: [{}] }));
      return Response.json({ routes });
    },
  });
});
afterAll(async () => {
  await gateway.stop(true);
  rmSync(dataDir, { recursive: true });
});

test("a second --detach waits until the running platform is ready and prints its port", async () => {
  const { code, stdout } = await up("--detach", "--data", dataDir);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "Homeport is ready at http://localhost:4444\n" });
  expect(asked).toBeGreaterThan(2);
});

test("it may name the port and the engine that the platform has", async () => {
  expect((await up("--detach", "--data", dataDir, "--port", "4444", "--engine", "process")).code).toBe(0);
});

const others: { args: string[]; says: string }[] = [
  { args: ["--port", "3000"], says: "runs on port 4444 already; stop it first" },
  { args: ["--engine", "docker"], says: "runs with --engine process already; stop it first" },
];
for (const { args, says } of others) {
  test(`another ${args[0]} than that of the running platform is refused`, async () => {
    const { code, stdout, stderr } = await up("--detach", "--data", dataDir, ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(says);
  });
}
