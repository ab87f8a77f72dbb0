import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Fixture } from "./fixture.ts";
import { until } from "./until.ts";

/** The gateway as it is run in production: its own process, configured by the environment. */
export class GatewayProcess {
  private constructor(
    private readonly child: Bun.Subprocess,
    readonly port: number,
  ) {}

  /** It ends with the fixture, whatever the test does. */
  static async start(
    fixture: Fixture,
    env: { REDIS_URL: string; HOMEPORT_DATA: string },
    port: number,
  ): Promise<GatewayProcess> {
    const main = join(import.meta.dir, "../src/main.ts");
    const child = Bun.spawn([process.execPath, main], {
      env: { ...process.env, HOMEPORT_LOG_LEVEL: "silent", HOMEPORT_PORT: String(port), ...env },
      stdout: "ignore",
      stderr: "inherit",
    });
    fixture.defer(() => {
      child.kill("SIGKILL");
      return child.exited;
    });
    const gateway = new GatewayProcess(child, port);
    await until("the gateway process is healthy", () => gateway.isHealthy());
    return gateway;
  }

  async isHealthy(): Promise<boolean> {
    return fetch(`http://127.0.0.1:${this.port}/healthz`).then(
      (response) => response.ok,
      () => false,
    );
  }

  /** Resident memory as the kernel counts it. */
  async residentMiB(): Promise<number> {
    const status = await readFile(`/proc/${this.child.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  }

  signal(name: "SIGTERM" | "SIGKILL"): void {
    this.child.kill(name);
  }

  /** Exit code, null when a signal ended it. */
  async exited(): Promise<number | null> {
    await this.child.exited;
    return this.child.exitCode;
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const { port } = server;
  await server.stop(true);
  return port ?? 0;
}
