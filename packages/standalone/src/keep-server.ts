import { isAlive } from "@homeport/kit/local/daemon.ts";
import { pause } from "./pause.ts";
import { reportError } from "./report-error.ts";

export type KeptServer = {
  /** Ends the watch, then the server. Call it after aborting the signal. */
  stop(): Promise<void>;
};

export type ServerOptions = {
  name: string;
  program: RegExp;
  /** Null when the server is the user's own, and theirs to look after. */
  pid: number | null;
  /** Starts it, or adopts one that runs, and gives its pid. */
  start: () => Promise<number | null>;
  end: () => Promise<void>;
};

/** How soon a dead server is noticed. Nothing is lost meanwhile: apps answer 503, workloads go on. */
const LOOK_MS = 1_000;
const RETRY_MS = 5_000;

/** Starts a server again whenever it has died, until `signal` is aborted. */
export const keepServer = (options: ServerOptions, signal: AbortSignal): KeptServer => {
  let { pid } = options;
  const watch = async (): Promise<void> => {
    while (!signal.aborted && pid !== null) {
      await pause(LOOK_MS, signal);
      if (signal.aborted || isAlive(pid, options.program)) continue;
      await reportError({ part: options.name }, "a server died and is started again");
      try {
        pid = await options.start();
      } catch (err) {
        await reportError({ err, part: options.name }, "a server could not be started again, trying again");
        await pause(RETRY_MS, signal);
      }
    }
  };
  const watching = watch();
  return {
    async stop() {
      await watching;
      if (pid !== null) await options.end();
    },
  };
};
