import { closeSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import { openLog, tailOf } from "@homeport/kit/local/daemon.ts";
import { z } from "zod";
import type { Options } from "./options.ts";
import { type Paths, pathsOf } from "./paths.ts";
import { findProcess } from "./pid-file.ts";
import { ensureOwnPrograms } from "./programs.ts";
import { missingApps, readyMessage } from "./routed.ts";
import { findStartedWith, remembered } from "./started-with.ts";

/** What a supervisor tells the one who started it in the background. */
const Answer = z.union([z.literal("ready"), z.object({ refused: z.string() })]);
export type Answer = z.infer<typeof Answer>;

/** Starts a supervisor in a session of its own and waits until it is ready. */
export const detach = async (given: Options): Promise<void> => {
  const options = remembered(given);
  const paths = pathsOf(options.dataDir);
  if (findProcess(paths.pidFiles.supervisor) !== null) {
    process.stdout.write(`${readyMessage(await waitForRunning(options, paths), paths)}\n`);
    return;
  }
  await ensureOwnPrograms(options); // here, where a person sees what it says
  mkdirSync(options.dataDir, { recursive: true, mode: 0o711 });
  const log = openLog(paths.logFile);
  const argv = process.argv.slice(2).filter((word) => word !== "--detach");
  const { promise: answer, resolve } = Promise.withResolvers<Answer>();
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "main.ts"), ...argv], {
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
