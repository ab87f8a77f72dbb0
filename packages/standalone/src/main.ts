import { closeSync, mkdirSync, readFileSync } from "node:fs";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import { openLog, tailOf } from "@homeport/kit/local/daemon.ts";
import { z } from "zod";
import { readOuterConfig } from "./config.ts";
import { HELP, type Options, parseOptions, UsageError } from "./options.ts";
import { type Paths, pathsOf } from "./paths.ts";
import { findProcess } from "./pid-file.ts";
import { ensurePrograms, thisMachine } from "./programs.ts";
import { findStartedWith, likeLastTime } from "./started-with.ts";
import { stopOwnWorkloads, stopPlatform } from "./stop.ts";
import { missingApps, readyMessage, startSupervisor } from "./supervisor.ts";

/** What `bin/up` runs. */
const main = async (): Promise<void> => {
  const options = parseOptions(process.argv.slice(2), process.env.PWD ?? process.cwd());
  switch (options.mode) {
    case "help":
      process.stdout.write(HELP);
      return;
    case "stop":
      await stop(options);
      return;
    case "detach":
      await detach(remembered(options), pathsOf(options.dataDir));
      return;
    case "run":
      await run(remembered(options), pathsOf(options.dataDir));
  }
};

const remembered = (options: Options): Options =>
  likeLastTime(options, findStartedWith(pathsOf(options.dataDir).startedWithFile));

const stop = async ({ dataDir, keepWorkloads }: Options): Promise<void> => {
  await stopPlatform(dataDir, keepWorkloads);
  process.stdout.write(
    keepWorkloads ? "Homeport has stopped; the workloads go on.\n" : "Homeport and its workloads have stopped.\n",
  );
};

const run = async (options: Options, paths: Paths): Promise<void> => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of stopSignals()) process.on(signal, () => ask(signal));
  await ensureOwnPrograms(options);
  const supervisor = await startSupervisor(options);
  process.stdout.write(`${readyMessage(options.port, paths)}\n`);
  process.send?.("ready");
  const signal = await asked;
  await supervisor.stop();
  if (signal === "SIGINT") await stopOwnWorkloads(options.dataDir);
  process.exit(0);
};

/**
 * Without its terminal a platform in the foreground has nowhere to write to and ends in order. Under nohup SIGHUP is
 * ignored from the start, and stays so as long as nobody listens for it.
 */
const stopSignals = (): NodeJS.Signals[] => (ignoresHangup() ? ["SIGTERM", "SIGINT"] : ["SIGTERM", "SIGINT", "SIGHUP"]);

/** SIGHUP is signal 1: the lowest bit of the mask in status, see proc(5). */
const ignoresHangup = (): boolean => {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
    return (BigInt(`0x${mask}`) & 1n) === 1n;
  } catch {
    return false; // no /proc
  }
};

const ensureOwnPrograms = ({ engine }: Options): Promise<void> => {
  const { redisUrl, dockerHost } = readOuterConfig();
  return ensurePrograms({ engine, ownValkey: redisUrl !== undefined }, thisMachine(dockerHost));
};

/** What a supervisor tells the one who started it in the background. */
const Answer = z.union([z.literal("ready"), z.object({ refused: z.string() })]);
type Answer = z.infer<typeof Answer>;

/** Starts a supervisor in a session of its own and waits until it is ready. */
const detach = async (options: Options, paths: Paths): Promise<void> => {
  if (findProcess(paths.pidFiles.supervisor) !== null) {
    process.stdout.write(`${readyMessage(await waitForRunning(options, paths), paths)}\n`);
    return;
  }
  await ensureOwnPrograms(options); // here, where a person sees what it says
  mkdirSync(options.dataDir, { recursive: true, mode: 0o711 });
  const log = openLog(paths.logFile);
  const argv = process.argv.slice(2).filter((word) => word !== "--detach");
  const { promise: answer, resolve } = Promise.withResolvers<Answer>();
  const child = Bun.spawn([process.execPath, import.meta.path, ...argv], {
    stdio: ["ignore", log, log],
    detached: true,
    ipc: (message) => resolve(Answer.parse(message)),
  });
  closeSync(log);
  const outcome = await Promise.race([answer, child.exited]);
  if (typeof outcome === "object") throw new DomainError("unavailable", outcome.refused);
  if (outcome !== "ready")
    throw new DomainError(
      "unavailable",
      `Homeport did not start. The end of ${paths.logFile}:\n${tailOf(paths.logFile, 15)}`,
    );
  child.disconnect();
  child.unref();
  process.stdout.write(`${readyMessage(options.port, paths)}\n`);
  process.exit(0);
};

const HEARD_WITHIN_MS = 1_000;

/** Tells whoever started this in the background why it ends, and waits until that is heard. */
const refuse = async (refused: string): Promise<void> => {
  if (process.send === undefined) return;
  const { promise: heard, resolve } = Promise.withResolvers<void>();
  process.once("disconnect", resolve);
  process.send({ refused } satisfies Answer);
  await Promise.race([heard, Bun.sleep(HEARD_WITHIN_MS)]);
};

const LOOK_MS = 50;
/** A first start makes a database; a slow disk takes its time for that. */
const PATIENCE_MS = 180_000;

/** Waits for the platform that somebody else has started here, and gives its port. @throws {DomainError} */
const waitForRunning = async ({ asked }: Options, paths: Paths): Promise<number> => {
  const running = findStartedWith(paths.startedWithFile);
  invariant(running !== null, "it is written before the pid file of the supervisor");
  if (asked.port !== undefined && asked.port !== running.port)
    throw new DomainError("conflict", `Homeport runs on port ${running.port} already; stop it first: bin/up --stop`);
  if (asked.engine !== undefined && asked.engine !== running.engine)
    throw new DomainError(
      "conflict",
      `Homeport runs with --engine ${running.engine} already; stop it first: bin/up --stop`,
    );
  const deadline = Date.now() + PATIENCE_MS;
  while ((await missingApps(paths.runDir)).length > 0) {
    if (findProcess(paths.pidFiles.supervisor) === null || Date.now() > deadline)
      throw new DomainError("unavailable", "Homeport was being started here, but did not become ready.");
    await Bun.sleep(LOOK_MS);
  }
  return running.port;
};

try {
  await main();
} catch (err) {
  const known = err instanceof UsageError || err instanceof DomainError;
  // What is unavailable is explained by the lines before it in the log.
  if (known && !(err instanceof DomainError && err.code === "unavailable")) await refuse(err.message);
  process.stderr.write(`${known ? err.message : err instanceof Error ? (err.stack ?? err.message) : String(err)}\n`);
  process.exit(err instanceof UsageError ? 2 : 1);
}
