import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { GatewayConfig } from "../../src/index.ts";
import type { Fixture } from "../fixture.ts";

const PROGRAM = join(import.meta.dir, "gateway-program.ts");
const SAMPLE_MS = 50;
/** The collector looks once a second when nothing else makes it. */
const SETTLE_MS = 5_000;

/** A gateway in a process of its own, run as production does, with limits as short as a test wants them. */
export class ConfiguredGateway {
  private peakMiB = 0;
  private baseMiB = 0;

  private constructor(
    private readonly child: Bun.Subprocess,
    readonly port: number,
    readonly dataDir: string,
  ) {}

  /** It ends with the fixture, whatever the test does. */
  static async start(fixture: Fixture, config: Partial<GatewayConfig> = {}): Promise<ConfiguredGateway> {
    const dataDir = config.dataDir ?? (await fixture.folder());
    const whole: GatewayConfig = {
      host: "127.0.0.1",
      port: 0,
      valkeyUrl: fixture.valkey.socketPath,
      platformHosts: ["platform.test"],
      ...config,
      dataDir,
    };
    const ready = Promise.withResolvers<number>();
    const child = Bun.spawn([process.execPath, "--smol", PROGRAM, JSON.stringify(whole)], {
      env: { ...process.env, HOMEPORT_LOG_LEVEL: "silent" },
      stdio: ["ignore", "ignore", "inherit"],
      ipc: (message: { port: number }) => ready.resolve(message.port),
    });
    void child.exited.then((code) => ready.reject(new Error(`The gateway ended with code ${code}.`)));
    fixture.defer(() => {
      child.kill("SIGKILL");
      return child.exited;
    });
    const gateway = new ConfiguredGateway(child, await ready.promise, dataDir);
    const sampling = setInterval(() => void gateway.sample(), SAMPLE_MS);
    fixture.defer(() => clearInterval(sampling));
    return gateway;
  }

  /** Resident memory as the kernel counts it. */
  async residentMiB(): Promise<number> {
    const status = await readFile(`/proc/${this.child.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  }

  /** From here on growth is counted. */
  async markMemory(): Promise<void> {
    this.baseMiB = await this.residentMiB();
    this.peakMiB = this.baseMiB;
  }

  /** The most that it grew by since the mark, now and then looked at, also when it has shrunk again. */
  async peakGrowthMiB(): Promise<number> {
    await this.sample();
    return this.peakMiB - this.baseMiB;
  }

  /** What it grew by since the mark, once that is below the limit or has not come below it in time. */
  async settledGrowthMiB(limitMiB: number): Promise<number> {
    const deadline = performance.now() + SETTLE_MS;
    let growthMiB = (await this.residentMiB()) - this.baseMiB;
    while (growthMiB > limitMiB && performance.now() < deadline) {
      await Bun.sleep(SAMPLE_MS);
      growthMiB = (await this.residentMiB()) - this.baseMiB;
    }
    return growthMiB;
  }

  signal(name: "SIGTERM" | "SIGKILL"): void {
    this.child.kill(name);
  }

  /** Exit code, null when a signal ended it. */
  async exited(): Promise<number | null> {
    await this.child.exited;
    return this.child.exitCode;
  }

  private async sample(): Promise<void> {
    const residentMiB = await this.residentMiB().catch(() => 0); // it has ended
    this.peakMiB = Math.max(this.peakMiB, residentMiB);
  }
}
