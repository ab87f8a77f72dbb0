import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { until } from "./until.ts";

/** A real server as a child on a unix socket, with nothing on disk. */
export class ValkeyServer {
  readonly socketPath: string;
  private child: Bun.Subprocess | null = null;
  private client: Redis | null = null;

  constructor(private readonly dir: string) {
    this.socketPath = join(dir, "valkey.sock");
  }

  get redis(): Redis {
    if (this.client === null) throw new Error("The Valkey server of this test is not running.");
    return this.client;
  }

  async start(): Promise<void> {
    const binary = Bun.which("valkey-server") ?? Bun.which("redis-server");
    if (binary === null) throw new Error("These tests need valkey-server or redis-server on PATH.");
    await rm(this.socketPath, { force: true });
    const options = [
      "--port",
      "0",
      "--unixsocket",
      this.socketPath,
      "--save",
      "",
      "--appendonly",
      "no",
      "--dir",
      this.dir,
    ];
    this.child = Bun.spawn([binary, ...options], { stdout: "ignore", stderr: "inherit" });
    this.client = new Redis(this.socketPath, { retryStrategy: () => 20 });
    this.client.on("error", () => undefined); // until it listens
    await until("Valkey answers", async () => (await this.client?.ping()) === "PONG");
  }

  /** As a crash would: no goodbye. */
  async kill(): Promise<void> {
    this.client?.disconnect();
    this.client = null;
    this.child?.kill("SIGKILL");
    await this.child?.exited;
    this.child = null;
  }
}
