import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { treeOf } from "./process-tree.ts";

/** How long a process may take to end by itself. */
const GRACE_MS = 5_000;

export type Started = { pid: number; logFile: string };

/** The temporary folder and the processes of one run. `close` ends them, the newest first, and removes the folder. */
export class Bed {
  readonly dir = mkdtempSync(join(tmpdir(), "hp-gateway-"));
  private readonly cleanups: (() => unknown)[] = [];
  private closing: Promise<void> | null = null;

  get isOpen(): boolean {
    return this.closing === null;
  }

  /** @throws {Error} when the bed is being closed: nothing may start any more that nobody would end */
  defer(cleanup: () => unknown): void {
    this.assertOpen();
    this.cleanups.push(cleanup);
  }

  /** Runs until the bed is closed; what it prints is kept beside it. */
  start(name: string, argv: string[], env: Record<string, string> = {}): Started {
    this.assertOpen();
    const logFile = join(this.dir, `${name}.log`);
    const log = openSync(logFile, "a");
    const child = Bun.spawn(argv, {
      env: { ...pathAndHome(this.dir), ...env },
      cwd: this.dir,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.defer(() => end(child));
    return { pid: child.pid, logFile };
  }

  /** Runs to its end. @returns stdout @throws {Error} with what it printed, or when it took longer than the time */
  async run(argv: string[], timeoutMs: number): Promise<string> {
    this.assertOpen();
    const child = Bun.spawn(argv, {
      env: pathAndHome(this.dir),
      cwd: this.dir,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    const cleanup = () => end(child);
    this.defer(cleanup);
    const [stdout, stderr, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    const index = this.cleanups.indexOf(cleanup);
    if (index !== -1) this.cleanups.splice(index, 1);
    if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
    return stdout;
  }

  /** Waits until the process answers as it should; when it does not, says what it wrote. */
  async untilReady(what: string, { logFile }: Started, isReady: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (performance.now() < deadline) {
      if (await isReady().catch(() => false)) return;
      await Bun.sleep(20);
    }
    throw new Error(`${what} does not answer:\n${readFileSync(logFile, "utf8").slice(-2_000)}`);
  }

  /** Safe to call twice and while something still runs. */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private assertOpen(): void {
    if (!this.isOpen) throw new Error("The run is being ended.");
  }

  private async closeAll(): Promise<void> {
    for (let cleanup = this.cleanups.pop(); cleanup !== undefined; cleanup = this.cleanups.pop()) await cleanup();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The environment is an explicit list, as in production: nothing of the shell that runs the benchmark. */
const pathAndHome = (home: string): Record<string, string> => ({ PATH: process.env.PATH ?? "", HOME: home });

/** Asks first: a master process takes its workers along. Whoever is left is killed, each by its own id. */
const end = async (child: Bun.Subprocess): Promise<void> => {
  const pids = treeOf(child.pid);
  child.kill("SIGTERM");
  await Promise.race([child.exited, Bun.sleep(GRACE_MS)]);
  if (child.exitCode !== null || child.signalCode !== null) return;
  for (const pid of new Set([...pids, ...treeOf(child.pid)])) kill(pid);
  await child.exited;
};

const kill = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended meanwhile
  }
};
