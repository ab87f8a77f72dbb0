import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { DomainError } from "@homeport/kit/errors.ts";
import { HELP, type Options, parseOptions, UsageError } from "./options.ts";
import { type Paths, pathsOf } from "./paths.ts";
import { findProcess } from "./pid-file.ts";
import { stopOwnWorkloads, stopPlatform } from "./stop.ts";
import { readyMessage, startSupervisor } from "./supervisor.ts";

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
      await detach(options, pathsOf(options.dataDir));
      return;
    case "run":
      await run(options, pathsOf(options.dataDir));
  }
};

const stop = async ({ dataDir, keepWorkloads }: Options): Promise<void> => {
  if (!existsSync(dataDir)) throw new UsageError(`There is no Homeport in ${dataDir}.`);
  await stopPlatform(dataDir, keepWorkloads);
  process.stdout.write(
    keepWorkloads ? "Homeport has stopped; the workloads go on.\n" : "Homeport and its workloads have stopped.\n",
  );
};

const run = async (options: Options, paths: Paths): Promise<void> => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<"SIGTERM" | "SIGINT">();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => ask(signal));
  process.on("SIGHUP", () => {}); // a closed terminal is no reason to stop serving
  const supervisor = await startSupervisor(options);
  process.stdout.write(`${readyMessage(options, paths)}\n`);
  process.send?.("ready");
  const signal = await asked;
  await supervisor.stop();
  if (signal === "SIGINT") await stopOwnWorkloads(options.dataDir);
  process.exit(0);
};

/** Starts a supervisor in a session of its own and waits until it is ready. */
const detach = async (options: Options, paths: Paths): Promise<void> => {
  if (findProcess(paths.pidFiles.supervisor) !== null) {
    process.stdout.write(`${readyMessage(options, paths)}\n`);
    return;
  }
  mkdirSync(options.dataDir, { recursive: true, mode: 0o711 });
  const log = openSync(paths.logFile, "a", 0o600);
  const argv = process.argv.slice(2).filter((word) => word !== "--detach");
  const { promise: ready, resolve } = Promise.withResolvers<true>();
  const child = Bun.spawn([process.execPath, import.meta.path, ...argv], {
    stdio: ["ignore", log, log],
    detached: true,
    ipc: (message) => {
      if (message === "ready") resolve(true);
    },
  });
  closeSync(log);
  const outcome = await Promise.race([ready, child.exited]);
  if (outcome !== true)
    throw new DomainError(
      "unavailable",
      `Homeport did not start. The end of ${paths.logFile}:\n${tail(paths.logFile)}`,
    );
  child.disconnect();
  child.unref();
  process.stdout.write(`${readyMessage(options, paths)}\n`);
  process.exit(0);
};

const tail = (file: string): string => readFileSync(file, "utf8").trimEnd().split("\n").slice(-15).join("\n");

try {
  await main();
} catch (err) {
  const known = err instanceof UsageError || err instanceof DomainError;
  process.stderr.write(`${known ? err.message : err instanceof Error ? (err.stack ?? err.message) : String(err)}\n`);
  process.exit(err instanceof UsageError ? 2 : 1);
}
