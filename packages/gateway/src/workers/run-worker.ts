import { readConfig } from "../config.ts";
import { type Gateway, startGateway } from "../index.ts";
import { log } from "../log.ts";
import { obey, reportDraining, reportReady } from "./obey.ts";

/**
 * A gateway as a process: the only one, or one of several that a supervisor keeps. SIGTERM and SIGINT let it finish what
 * runs, a second one ends it at once.
 *
 * @throws when the config is wrong or the port can't be listened on
 */
export async function runWorker({ isSupervised }: { isSupervised: boolean }): Promise<void> {
  let gateway: Gateway | null = null;
  let isStopping = false;
  const stop = (successor: boolean): void => {
    isStopping = true;
    if (gateway === null) process.exit(0);
    gateway.stop({ successor }).then(
      () => process.exit(0),
      (err: unknown) => {
        log.error({ err }, "stop failed");
        process.exit(1);
      },
    );
    void reportDraining(gateway);
  };
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      if (isStopping) process.exit(1); // asked twice: whoever asks does not want to wait
      stop(false);
    });
  }
  if (isSupervised) obey(stop);

  gateway = await startGateway(readConfig());
  reportReady();

  /**
   * One request's mistake must not end everybody's. Routes and connections are kept per request, so the process goes on; only
   * when it no longer listens is it of no use, and it ends loudly so that its supervisor starts another.
   */
  const survive = (err: unknown): void => {
    gateway?.countUncaught();
    log.error({ err }, "uncaught error");
    if (gateway?.isListening === true || isStopping) return;
    log.fatal("the listener is gone");
    process.exit(1);
  };
  process.on("uncaughtException", survive);
  process.on("unhandledRejection", survive);
}
