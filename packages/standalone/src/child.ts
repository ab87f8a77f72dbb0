import { DomainError } from "@homeport/kit/errors.ts";
import { pause } from "./pause.ts";
import { removePidFile, writePidFile } from "./pid-file.ts";
import { reportError } from "./report-error.ts";

/** Ending takes as long as the requests that are being answered; afterwards it is cut short. */
export const GRACE_MS = 25_000;

const FIRST_RESTART_MS = 100;
const SLOWEST_RESTART_MS = 10_000;
/** A process that ran this long is healthy: its next crash is restarted at once again. */
const HEALTHY_MS = 30_000;

export type ChildOptions = {
  name: string;
  argv: string[];
  env: Record<string, string>;
  pidFile: string;
  signal: AbortSignal;
  /** How long it may take to end after SIGTERM. */
  graceMs: number;
};

export type Child = {
  /** Resolves when the child has said that it is ready; rejects when it ends before that for the first time. */
  ready: Promise<void>;
  /** Resolves once the child has ended after `signal`. */
  ended: Promise<void>;
};

/** Runs a part of the platform as a process of its own, and again whenever it dies, until `signal` is aborted. */
export const runChild = (options: ChildOptions): Child => {
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  const once = async (): Promise<void> => {
    const child = Bun.spawn(options.argv, {
      env: options.env,
      stdio: ["ignore", "inherit", "inherit"],
      detached: true, // signals of the terminal are the supervisor's: it ends its parts in an order
      ipc: (message) => {
        if (message === "ready") resolve();
      },
    });
    writePidFile(options.pidFile, child.pid);
    const end = () => {
      child.kill("SIGTERM");
      const kill = setTimeout(() => child.kill("SIGKILL"), options.graceMs);
      void child.exited.then(() => clearTimeout(kill));
    };
    options.signal.addEventListener("abort", end, { once: true });
    if (options.signal.aborted) end();
    const code = await child.exited;
    options.signal.removeEventListener("abort", end);
    removePidFile(options.pidFile);
    if (options.signal.aborted) return;
    reject(
      new DomainError(
        "unavailable",
        `The ${options.name} process ended with code ${code} before it was ready; see the lines above.`,
      ),
    );
    await reportError(
      { part: options.name, code, signalCode: child.signalCode },
      "a part of the platform died and is restarted",
    );
  };
  const ended = (async () => {
    let waitMs = FIRST_RESTART_MS;
    while (!options.signal.aborted) {
      const startedAt = Date.now();
      await once();
      waitMs = Date.now() - startedAt > HEALTHY_MS ? FIRST_RESTART_MS : Math.min(waitMs * 2, SLOWEST_RESTART_MS);
      if (!options.signal.aborted) await pause(waitMs, options.signal);
    }
  })();
  ready.catch(() => {}); // whoever waits for it sees it; nobody has to
  return { ready, ended };
};
