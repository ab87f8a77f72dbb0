import { join } from "node:path";
import { type Child, GRACE_MS, runChild } from "./child.ts";
import { runErrand, type ServerName, STARTED } from "./errand.ts";
import { keepServer } from "./keep-server.ts";
import type { Options } from "./options.ts";
import { pidFilesOf, removePidFile } from "./pid-file.ts";
import { endServer, startServer } from "./servers.ts";

const ROOT = join(import.meta.dir, "../../..");

export type Supervisor = {
  /** For whoever started it: the address, with the one-time token while nobody has claimed the platform. */
  readyMessage: string;
  /** Ends the platform's processes and servers, in the order that loses nothing. Workloads go on. */
  stop(): Promise<void>;
};

/**
 * Starts everything and keeps it running. It is there for as long as the platform and does next to nothing, so it loads
 * next to nothing: 5 MiB of its own in place of 24. What takes libraries is done by errands that end.
 *
 * @throws {DomainError} what `prepare` refuses; unavailable, when a part ends before it is ready
 */
export const startSupervisor = async (options: Options): Promise<Supervisor> => {
  const { dataDir } = options;
  const pidFiles = pidFilesOf(dataDir);
  const errand = runErrand({ do: "prepare", options, supervisorPid: process.pid });
  const { env, pids } = await errand.next("prepared");
  const stopping = { apps: new AbortController(), gateway: new AbortController() };
  const start = (name: "gateway" | "apps", entry: string): Child =>
    runChild({
      name,
      argv: [process.execPath, "--smol", join(ROOT, entry)],
      env,
      pidFile: pidFiles[name],
      signal: stopping[name].signal,
      graceMs: GRACE_MS,
    });
  const keep = (name: ServerName, program: RegExp) => {
    const [again, end] = [() => startServer(name, dataDir), () => endServer(name, dataDir)];
    return keepServer({ name, program, pid: pids[name], start: again, end }, stopping.apps.signal);
  };
  const kept = [keep("valkey", /^(redis|valkey)-server/), keep("postgres", /^postgres/)];
  const gateway = start("gateway", "packages/gateway/src/main.ts");
  const apps = start("apps", "packages/standalone/src/apps.ts");
  const stop = async () => {
    stopping.apps.abort();
    await apps.ended; // what they report and give back at their end goes through the gateway
    stopping.gateway.abort();
    await gateway.ended;
    for (const server of kept) await server.stop();
    removePidFile(pidFiles.supervisor);
  };
  try {
    await Promise.all([gateway.ready, apps.ready]);
    errand.send(STARTED);
    return { readyMessage: await errand.next("ready"), stop };
  } catch (err) {
    errand.dismiss();
    await stop();
    throw err;
  }
};
