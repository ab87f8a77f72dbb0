import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { adminSocket, workerSocketName } from "../src/config.ts";
import type { Fixture } from "./fixture.ts";

const MAIN = join(import.meta.dir, "../src/main.ts");

/** Tests provoke errors; see the preload of the tests for the level. */
const OUTPUT = process.env.HOMEPORT_LOG_LEVEL === "fatal" ? "ignore" : "inherit";

export type WorkerListing = { worker: number; pid: number; state: string; isAnswering: boolean };
export type GroupHealth = { status: string; lastReload: string | null; workers: WorkerListing[] };

/** A gateway of two workers as it is run in production: its own processes, configured by the environment. */
export class GatewayGroup {
  private readonly seen = new Set<number>();

  private constructor(
    private readonly child: Bun.Subprocess,
    private readonly runDir: string,
    readonly port: number,
    /** Resolves when it has told its parent that it is ready, rejects when it ended before. */
    readonly ready: Promise<void>,
  ) {}

  /** It ends with the fixture, whatever the test does, and its workers with it. */
  static open(fixture: Fixture, env: { REDIS_URL: string; HOMEPORT_DATA: string }, port: number): GatewayGroup {
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    const child = Bun.spawn([process.execPath, "--smol", MAIN], {
      env: {
        ...process.env,
        HOMEPORT_GATEWAY_WORKERS: "2",
        HOMEPORT_PORT: String(port),
        ...env,
      },
      stdio: ["ignore", OUTPUT, OUTPUT],
      ipc: (message) => {
        if (message === "ready") resolve();
      },
    });
    void child.exited.then((code) => reject(new Error(`It ended with code ${code}.`)));
    ready.catch(() => undefined);
    const group = new GatewayGroup(child, join(env.HOMEPORT_DATA, "run"), port, ready);
    fixture.defer(async () => {
      child.kill("SIGKILL");
      await child.exited;
      for (const pid of group.seen) if (isAlive(pid)) process.kill(pid, "SIGKILL"); // a test that fails may leave some
    });
    return group;
  }

  static async start(...given: Parameters<typeof GatewayGroup.open>): Promise<GatewayGroup> {
    const group = GatewayGroup.open(...given);
    await group.ready;
    return group;
  }

  get pid(): number {
    return this.child.pid;
  }

  page(path: string): Promise<Response> {
    return fetch(`http://gateway${path}`, { unix: adminSocket(this.runDir) });
  }

  async health(): Promise<GroupHealth> {
    const health = (await (await this.page("/healthz")).json()) as GroupHealth;
    for (const { pid } of health.workers) this.seen.add(pid);
    return health;
  }

  /** Pids of those that take connections. */
  async serving(): Promise<number[]> {
    const { workers } = await this.health();
    return workers.filter(({ state, isAnswering }) => state === "serving" && isAnswering).map(({ pid }) => pid);
  }

  /** Whether the admin socket of a worker is there. */
  hasSocket(worker: number): boolean {
    return existsSync(adminSocket(this.runDir, workerSocketName(worker)));
  }

  signal(name: "SIGTERM" | "SIGHUP" | "SIGKILL"): void {
    this.child.kill(name);
  }

  /** Exit code, null when a signal ended it. */
  async exited(): Promise<number | null> {
    await this.child.exited;
    return this.child.exitCode;
  }
}

/** One that has ended and that nobody has asked about yet (a zombie) is not alive: orphans of a test run are such. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
  } catch {
    return false;
  }
}
