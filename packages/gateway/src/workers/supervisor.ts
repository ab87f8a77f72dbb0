import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DomainError } from "@homeport/kit/errors.ts";
import { startAdmin } from "../admin.ts";
import { adminSocket, type SharedPorts } from "../config.ts";
import { log } from "../log.ts";
import { Fleet } from "./fleet.ts";
import { Generation } from "./generation.ts";
import type { Limits } from "./limits.ts";
import { takePort } from "./port.ts";
import { replaceWorkers } from "./replace-workers.ts";
import { WorkerMarks } from "./worker-marks.ts";
import { WorkerPages } from "./worker-pages.ts";

export type SupervisorOptions = {
  workerCount: number;
  /** Runs one worker; the script it names is `script`. */
  argv: readonly string[];
  script: string;
  /** Absent: every address. */
  host: string | undefined;
  /** 0: any that is free. */
  ports: SharedPorts;
  /** Folder of the admin sockets, with room for one supervisor. */
  runDir: string;
  limits: Limits;
};

/** Keeps the workers of one gateway running, and stands for all of them on the admin socket. */
export class Supervisor {
  private readonly first = Promise.withResolvers<void>();
  private readonly stopping = new AbortController();
  private readonly fleet: Fleet;
  private serving: Generation;
  /** Those that are to take the place of `serving`. */
  private next: Generation | null = null;
  private restartCount = 0;
  private hasServed = false;
  private lastReload: "running" | "done" | "given up" | null = null;
  private readonly reloads = { done: 0, "given up": 0 };
  private reloading: Promise<boolean> | null = null;
  private waiting: Promise<boolean> | null = null;
  private stopped: Promise<void> | null = null;
  private stopAdmin: () => Promise<void> = async () => undefined;

  /**
   * Workers that an earlier supervisor left behind are waited for as long as they keep the port.
   *
   * @throws when somebody else listens on a port
   */
  static async open(options: SupervisorOptions): Promise<Supervisor> {
    const { host, runDir, limits, script } = options;
    await mkdir(runDir, { recursive: true, mode: 0o700 });
    const marks = new WorkerMarks(join(runDir, "gateway-workers.json"), script);
    const take = (port: number) => takePort({ host, port, marks, portMs: limits.portMs });
    const { http, tls } = options.ports;
    const ports = { http: await take(http), tls: tls === null ? null : await take(tls) };
    const supervisor = new Supervisor(options, marks, ports);
    // Who has the ports also has the admin socket of this folder.
    const admin = await startAdmin(adminSocket(runDir), supervisor.pages()).catch((err: unknown) => {
      supervisor.kill();
      throw err;
    });
    supervisor.stopAdmin = () => admin.stop();
    return supervisor;
  }

  private constructor(
    private readonly options: SupervisorOptions,
    private readonly marks: WorkerMarks,
    readonly ports: SharedPorts,
  ) {
    const { argv, runDir, limits } = options;
    this.fleet = new Fleet({ argv, ports, runDir, marks, limits, onServing: () => this.served() });
    this.serving = this.createGeneration();
    this.ready.catch(() => undefined); // whoever waits for it sees it; nobody has to
  }

  /** Resolves when all workers listen. Rejects with `unavailable` when each has died and none ever came up. */
  get ready(): Promise<void> {
    return this.first.promise;
  }

  get workers(): { number: number; pid: number; state: string }[] {
    return [...this.fleet.living].map(({ number, pid, state }) => ({ number, pid, state }));
  }

  /**
   * Puts new workers in the place of those that serve, which finish what they have. Resolves with whether the new ones
   * serve now. While one reload runs, all further calls share the next one.
   */
  reload(): Promise<boolean> {
    if (this.reloading === null) {
      this.reloading = this.replace().finally(() => {
        this.reloading = null;
      });
      return this.reloading;
    }
    this.waiting ??= this.reloading.then(() => {
      this.waiting = null;
      return this.reload();
    });
    return this.waiting;
  }

  /** Lets running requests finish until the workers' deadline. Safe to call twice. */
  stop(): Promise<void> {
    this.stopped ??= this.shutDown();
    return this.stopped;
  }

  /** Ends everything at once. */
  kill(): void {
    this.stopping.abort();
    this.freeze();
    this.fleet.kill();
  }

  private async shutDown(): Promise<void> {
    this.stopping.abort();
    this.freeze();
    await Promise.all([this.fleet.drain(), this.reloading]);
    await this.stopAdmin();
    this.marks.remove();
    log.info("all workers of the gateway have ended");
  }

  private freeze(): void {
    this.serving.freeze();
    this.next?.freeze();
  }

  private async replace(): Promise<boolean> {
    const { signal } = this.stopping;
    const { runDir, limits } = this.options;
    log.info("the gateway reloads");
    this.lastReload = "running";
    const create = () => {
      this.next = this.createGeneration();
      return this.next;
    };
    const next = await replaceWorkers({ old: this.serving, create, runDir, limits, signal });
    this.serving = next ?? this.serving;
    this.next = null;
    this.lastReload = next === null ? "given up" : "done";
    this.reloads[this.lastReload]++;
    if (next === null) log.error("the new workers did not become ready; the old ones go on");
    else log.info({ workers: this.workers }, "new workers serve");
    return next !== null;
  }

  private createGeneration(): Generation {
    const onDied = () => this.died();
    const spawn = () => this.fleet.spawn();
    return new Generation(this.options.workerCount, { spawn, onDied, limits: this.options.limits });
  }

  private served(): void {
    this.hasServed = true;
    if (this.serving.isComplete) this.first.resolve();
  }

  private died(): void {
    this.restartCount++;
    if (this.hasServed || !this.serving.haveAllDied) return;
    this.first.reject(new DomainError("unavailable", "No worker of the gateway came up; see the lines above."));
  }

  private pages() {
    const pages = new WorkerPages({
      runDir: this.options.runDir,
      workerCount: this.options.workerCount,
      workers: () => [...this.fleet.living],
      counts: () => ({ restarts: this.restartCount, reloads: this.reloads }),
      lastReload: () => this.lastReload,
    });
    return {
      health: () => pages.health(),
      isReady: () => pages.isReady(),
      metrics: () => pages.metrics(),
      table: () => pages.table(),
      reload: () => void this.reload(),
    };
  }
}
