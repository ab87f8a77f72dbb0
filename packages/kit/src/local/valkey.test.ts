import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectValkey } from "../valkey.ts";
import { isAlive } from "./daemon.ts";
import { type LocalValkey, startLocalValkey, stopLocalValkey } from "./valkey.ts";

const PROGRAM = /^(redis|valkey)-server/;

let root: string;
const started: LocalValkey[] = [];
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "hp-vk-"));
  chmodSync(root, 0o711);
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const start = async (dataDir: string) => {
  const server = await startLocalValkey({ dataDir });
  started.push(server);
  return server;
};

describe("the local Valkey", () => {
  test("answers on a private socket, keeps nothing on disk and takes no more memory than it may", async () => {
    const server = await start(join(root, "fresh"));
    const redis = connectValkey(server.url);
    expect(await redis.set("key", "value", "PX", 1000)).toBe("OK");
    expect(await redis.config("GET", "port")).toEqual(["port", "0"]);
    expect(await redis.config("GET", "save")).toEqual(["save", ""]);
    expect(await redis.config("GET", "maxmemory")).toEqual(["maxmemory", String(64 * 1024 * 1024)]);
    redis.disconnect();
    const socket = server.url.replace("unix://", "");
    expect(statSync(join(socket, "..")).mode & 0o777).toBe(0o700);
    if (process.getuid?.() === 0) expect(statSync(`/proc/${server.pid}`).uid).not.toBe(0);
  });

  test("outlives the kill -9 of the process that started it, and is adopted with what is in it", async () => {
    const dataDir = join(root, "adopted");
    const script = join(root, "start.ts");
    writeFileSync(
      script,
      `import { startLocalValkey } from ${JSON.stringify(join(import.meta.dir, "valkey.ts"))};
      const { pid } = await startLocalValkey({ dataDir: process.argv[2] });
      console.log(pid);
      process.kill(process.pid, "SIGKILL");`,
    );
    const child = Bun.spawn([process.execPath, script, dataDir], {
      stdout: "pipe",
      env: { ...process.env, HOMEPORT_LOG_LEVEL: "silent" },
    });
    const pid = Number(await new Response(child.stdout).text());
    const server = await start(dataDir);
    expect(server).toMatchObject({ pid, adopted: true });
  });

  test("that was killed is started anew, over the socket it left behind", async () => {
    const dataDir = join(root, "killed");
    const first = await start(dataDir);
    process.kill(first.pid!, "SIGKILL");
    const second = await start(dataDir);
    expect(second.adopted).toBe(false);
    const redis = connectValkey(second.url);
    expect(await redis.ping()).toBe("PONG");
    redis.disconnect();
  });

  test("that hangs is replaced", async () => {
    const dataDir = join(root, "hung");
    const first = await start(dataDir);
    process.kill(first.pid!, "SIGSTOP");
    const second = await start(dataDir);
    expect(second.pid).not.toBe(first.pid);
    expect(isAlive(first.pid!, PROGRAM)).toBe(false);
  }, 30_000);

  test("is stopped by its data folder alone, also when it hangs", async () => {
    const dataDir = join(root, "stopped");
    const { pid } = await start(dataDir);
    process.kill(pid!, "SIGSTOP");
    await stopLocalValkey(dataDir);
    expect(isAlive(pid!, PROGRAM)).toBe(false);
  }, 30_000);

  test("of another data folder is not stopped when a stale file has its number", async () => {
    const { pid } = await start(join(root, "other"));
    const dataDir = join(root, "rebooted");
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, "valkey.pid"), `${pid}\n${join(dataDir, "valkey-run/valkey.sock")}\n`);
    await stopLocalValkey(dataDir);
    expect(isAlive(pid!, PROGRAM)).toBe(true);
  });

  test("is not started where REDIS_URL names one", async () => {
    const server = await startLocalValkey({ dataDir: join(root, "none"), redisUrl: "redis://valkey.example:6379" });
    expect(server).toMatchObject({ url: "redis://valkey.example:6379", pid: null });
    expect(() => statSync(join(root, "none"))).toThrow();
  });

  test("runs below a folder that is closed to other users", async () => {
    const closed = join(root, "closed");
    mkdirSync(closed, { mode: 0o700 });
    const server = await start(join(closed, "data"));
    const redis = connectValkey(server.url);
    expect(await redis.ping()).toBe("PONG");
    redis.disconnect();
  });
});

test("a client survives a restart of the server, and fails quickly while there is none", async () => {
  const dataDir = join(root, "restart");
  const first = await start(dataDir);
  const redis = connectValkey(first.url);
  await redis.ping();
  await first.stop();
  const startedAt = performance.now();
  expect(redis.ping()).rejects.toThrow();
  await redis.ping().catch(() => undefined);
  expect(performance.now() - startedAt).toBeLessThan(4000);
  await start(dataDir);
  let answer = "";
  while (answer !== "PONG") answer = await redis.ping().catch(() => "");
  redis.disconnect();
});
