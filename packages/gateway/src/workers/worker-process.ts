import { log } from "../log.ts";
import type { Limits } from "./limits.ts";
import { type Order, Report, type Share } from "./messages.ts";
import { pause } from "./pause.ts";

export type WorkerState = "starting" | "serving" | "draining" | "ended";

export type Exit = { code: number | null; signal: string | null };

export type WorkerOptions = {
  /** No two living workers of a run folder have the same. */
  number: number;
  argv: readonly string[];
  env: Record<string, string | undefined>;
  limits: Limits;
};

/** One worker, from its start to its end: a whole gateway in a process of its own. */
export class WorkerProcess {
  state: WorkerState = "starting";
  readonly number: number;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Whether it came to listen before it ended. */
  readonly started: Promise<boolean>;
  /** Resolves when it accepts no more. */
  readonly closed: Promise<void>;
  private readonly child: Bun.Subprocess;
  private readonly limits: Limits;
  private readonly start = Promise.withResolvers<boolean>();
  private readonly close = Promise.withResolvers<void>();
  private readonly end = new AbortController();
  private steered: ((error: string | null) => void) | null = null;

  /** @throws when the system has no room for another process */
  constructor({ number, argv, env, limits }: WorkerOptions) {
    this.number = number;
    this.limits = limits;
    this.started = this.start.promise;
    this.closed = this.close.promise;
    this.child = Bun.spawn([...argv], {
      env,
      stdio: ["ignore", "inherit", "inherit"],
      detached: true, // signals of the terminal are the supervisor's: it says when a worker ends, and how
      ipc: (message) => this.hear(message),
    });
    this.pid = this.child.pid;
    this.exited = this.child.exited.then(() => {
      this.state = "ended";
      this.start.resolve(false);
      this.close.resolve();
      this.end.abort();
      const { exitCode, signalCode } = this.child;
      return { code: exitCode, signal: signalCode === null ? null : String(signalCode) };
    });
    this.endUnlessStarted();
  }

  /** Aborted once it has ended. */
  get ended(): AbortSignal {
    return this.end.signal;
  }

  /** Tells it to finish what runs and end. Resolves once it has ended, by force after `endMs`. */
  async drain(successor: boolean): Promise<Exit> {
    if (this.state === "ended") return this.exited;
    this.state = "draining";
    this.tell({ kind: "drain", successor });
    await pause(this.limits.endMs, this.ended);
    this.kill();
    return this.exited;
  }

  /** Has it decide, for all that listen on the port, who gets new connections. Says whether that was possible. */
  async steer(share: Share): Promise<boolean> {
    if (this.state === "ended") return false;
    const { promise, resolve } = Promise.withResolvers<string | null>();
    this.steered = resolve;
    this.tell({ kind: "steer", share });
    const silence = pause(this.limits.askMs, this.ended).then(() => "no answer");
    const error = await Promise.race([promise, silence]);
    this.steered = null;
    if (error !== null) log.warn({ worker: this.number, error }, "cannot choose which workers get new connections");
    return error === null;
  }

  kill(): void {
    if (this.state !== "ended") this.child.kill("SIGKILL");
  }

  private tell(order: Order): void {
    try {
      this.child.send(order);
    } catch (err) {
      // Without its channel a worker ends by itself; this one's is broken in a way that it does not see.
      log.warn({ err, worker: this.number }, "a worker cannot be told anything");
      if (order.kind === "drain") this.child.kill("SIGTERM");
    }
  }

  private hear(message: unknown): void {
    const { data: report, success } = Report.safeParse(message);
    if (!success || this.state === "ended") return; // its last words may come after its end
    if (report === "ready") {
      if (this.state === "starting") this.state = "serving";
      this.start.resolve(true);
    } else if (report.kind === "draining") {
      this.state = "draining";
      this.close.resolve();
    } else {
      this.steered?.(report.error);
    }
  }

  private endUnlessStarted(): void {
    const late = setTimeout(() => {
      log.error({ worker: this.number, pid: this.pid }, "a worker did not start in time and is ended");
      this.kill();
    }, this.limits.readyMs);
    void this.started.then(() => clearTimeout(late));
  }
}
