import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../test/gateway-process.ts";
import { log } from "../log.ts";
import { takePort } from "./port.ts";
import { WorkerMarks } from "./worker-marks.ts";

log.level = "silent";

const LISTENER = `
  Bun.listen({ hostname: "127.0.0.1", port: Number(process.argv[2]), reusePort: true, socket: { data() {} } });
  process.send("ready");
`;

let folder: string;
let script: string;
let port: number;
let children: Bun.Subprocess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hp-port-"));
  script = join(folder, "listener.ts");
  await writeFile(script, LISTENER);
  port = await freePort();
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(children.map(({ exited }) => exited));
  await rm(folder, { recursive: true });
});

/** A process that shares the port, as a worker does. */
async function startListener(): Promise<Bun.Subprocess> {
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const child = Bun.spawn([process.execPath, script, String(port)], { ipc: () => resolve() });
  children.push(child);
  await ready;
  return child;
}

const marks = () => new WorkerMarks(join(folder, "gateway-workers.json"), script);
const take = (portMs: number) => takePort({ host: "127.0.0.1", port, marks: marks(), portMs });

test("a port that nobody has is taken at once", async () => {
  expect(await take(0)).toBe(port);
});

test("port 0 becomes one that is free", async () => {
  expect(await takePort({ host: "127.0.0.1", port: 0, marks: marks(), portMs: 0 })).toBeGreaterThan(0);
});

test("a stranger's port is an error, even when he would share it", async () => {
  const stranger = await startListener();
  await expect(take(100)).rejects.toThrow(/EADDRINUSE|in use|listen/);
  expect(stranger.exitCode).toBeNull();
});

test("workers that an earlier supervisor left are waited for", async () => {
  const left = await startListener();
  marks().write([{ number: 0, pid: left.pid }]);
  const taken = take(4_000);
  left.kill("SIGTERM");
  expect(await taken).toBe(port);
});

test("one of them that hangs is killed", async () => {
  const left = await startListener();
  marks().write([{ number: 0, pid: left.pid }]);
  left.kill("SIGSTOP");
  expect(await take(100)).toBe(port);
  await left.exited;
  expect(left.signalCode).toBe("SIGKILL");
});

test("a pid that another program has by now is nobody of ours", async () => {
  marks().write([{ number: 0, pid: process.pid }]);
  expect(marks().read()).toEqual([]);
});
