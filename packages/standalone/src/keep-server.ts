import { isAlive } from "@homeport/kit/local/daemon.ts";
import { createLogger } from "@homeport/kit/log.ts";
import { pause } from "./pause.ts";

const log = createLogger("standalone");

/** A server of this machine; without a pid it is the user's own, and theirs to look after. */
export type LocalServer = { pid: number | null; stop(): Promise<void> };

export type KeptServer = {
  /** Ends the watch, then the server. Call it after aborting the signal. */
  stop(): Promise<void>;
};

/** How soon a dead server is noticed. Nothing is lost meanwhile: apps answer 503, workloads go on. */
const LOOK_MS = 1_000;
const RETRY_MS = 5_000;

/** Starts a server again whenever it has died, until `signal` is aborted. `start` adopts one that runs. */
export const keepServer = (
  options: { name: string; program: RegExp; first: LocalServer; start: () => Promise<LocalServer> },
  signal: AbortSignal,
): KeptServer => {
  let server = options.first;
  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      await pause(LOOK_MS, signal);
      if (signal.aborted || server.pid === null || isAlive(server.pid, options.program)) continue;
      log.error({ part: options.name }, "a server died and is started again");
      try {
        server = await options.start();
      } catch (err) {
        log.error({ err, part: options.name }, "a server could not be started again, trying again");
        await pause(RETRY_MS, signal);
      }
    }
  };
  const watching = watch();
  return {
    async stop() {
      await watching;
      await server.stop();
    },
  };
};
