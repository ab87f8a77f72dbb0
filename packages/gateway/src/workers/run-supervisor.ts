import { join } from "node:path";
import { readConfig } from "../config.ts";
import { log } from "../log.ts";
import { LIMITS } from "./limits.ts";
import { Supervisor } from "./supervisor.ts";

/**
 * The process that keeps `workerCount` workers, each of which runs `script`. SIGHUP reloads; SIGTERM and SIGINT end the
 * workers in order, a second one at once.
 *
 * @throws when the port is taken
 */
export async function runSupervisor(workerCount: number, script: string): Promise<void> {
  const { host, port, tls, dataDir, runDir = join(dataDir, "run") } = readConfig();
  const ports = { http: port, tls: tls?.port ?? null };
  const argv = [process.execPath, ...process.execArgv, script];
  const supervisor = await Supervisor.open({ workerCount, argv, script, host, ports, runDir, limits: LIMITS });
  let isStopping = false;
  const stop = (exitCode: number): void => {
    isStopping = true;
    supervisor.stop().then(
      () => process.exit(exitCode),
      (err: unknown) => {
        log.error({ err }, "stop failed");
        process.exit(1);
      },
    );
  };
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      if (!isStopping) return stop(0);
      supervisor.kill(); // asked twice: whoever asks does not want to wait
      process.exit(1);
    });
  }
  process.on("SIGHUP", () => void supervisor.reload());
  // The workers serve, whatever goes wrong here; ending would end them too.
  process.on("uncaughtException", (err) => log.error({ err }, "uncaught error"));
  process.on("unhandledRejection", (err) => log.error({ err }, "uncaught error"));
  try {
    await supervisor.ready;
  } catch (err) {
    log.fatal({ err }, "the gateway does not start");
    return stop(1);
  }
  log.info({ ports: supervisor.ports, workers: supervisor.workers }, "all workers of the gateway listen");
  process.send?.("ready"); // to a supervisor of ours, when there is one
}
