import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adminSocket } from "../src/config.ts";
import { log } from "../src/log.ts";
import { LIMITS, type Limits } from "../src/workers/limits.ts";
import { Supervisor } from "../src/workers/supervisor.ts";
import { RawClient } from "./raw-client.ts";
import { until } from "./until.ts";
import type { Behaviour } from "./worker-stand-in.ts";

log.level = process.env.HOMEPORT_LOG_LEVEL ?? "silent";

const SCRIPT = join(import.meta.dir, "worker-stand-in.ts");

export const KEEP_ALIVE = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
export const SHORT = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/** A supervisor in this process, with two stand-ins for workers in a folder of their own. */
export class Supervised {
  private constructor(
    readonly folder: string,
    readonly supervisor: Supervisor,
  ) {}

  /** Resolves before the workers are ready. */
  static async open(limits: Partial<Limits> = {}, behaviour: Behaviour = {}): Promise<Supervised> {
    const folder = await mkdtemp(join(tmpdir(), "hp-workers-"));
    await writeFile(join(folder, "behaviour.json"), JSON.stringify(behaviour));
    const supervisor = await Supervisor.open({
      workerCount: 2,
      argv: [process.execPath, SCRIPT, folder],
      script: SCRIPT,
      host: "127.0.0.1",
      ports: { http: 0, tls: null },
      runDir: folder,
      limits: { ...LIMITS, handshakeMs: 100, endMs: 5_000, ...limits },
    });
    return new Supervised(folder, supervisor);
  }

  static async start(limits: Partial<Limits> = {}): Promise<Supervised> {
    const supervised = await Supervised.open(limits);
    await supervised.supervisor.ready;
    return supervised;
  }

  /** What workers that start from now on do. */
  behave(behaviour: Behaviour): Promise<void> {
    return writeFile(join(this.folder, "behaviour.json"), JSON.stringify(behaviour));
  }

  /** When the workers of this number were started: Unix milliseconds. */
  async startsOf(worker: number): Promise<number[]> {
    const lines = (await readFile(join(this.folder, "starts"), "utf8").catch(() => "")).split("\n");
    return lines.flatMap((line) => (line.startsWith(`${worker} `) ? [Number(line.split(" ")[1])] : []));
  }

  /** Pids of those that take connections. */
  get serving(): number[] {
    return this.supervisor.workers.filter(({ state }) => state === "serving").map(({ pid }) => pid);
  }

  page(path: string, method = "GET"): Promise<Response> {
    return fetch(`http://gateway${path}`, { unix: adminSocket(this.folder), method });
  }

  /** A keep-alive connection, and the pid of the worker that has it. */
  async connect(): Promise<{ client: RawClient; pid: number }> {
    const client = await RawClient.connect(this.supervisor.ports.http);
    client.send(KEEP_ALIVE);
    await until("the head is there", () => client.text.includes("\r\n\r\n"));
    return { client, pid: Number(client.text.split("\r\n\r\n")[1]) };
  }

  /** A connection to each worker, by its pid. */
  async connectToAll(): Promise<Map<number, RawClient>> {
    const connections = new Map<number, RawClient>();
    await until("each worker has a connection", async () => {
      const { client, pid } = await this.connect();
      if (connections.has(pid)) client.socket.destroy();
      else connections.set(pid, client);
      return connections.size === this.serving.length;
    });
    return connections;
  }

  async close(): Promise<void> {
    this.supervisor.kill();
    await this.supervisor.stop();
    await rm(this.folder, { recursive: true });
  }
}
