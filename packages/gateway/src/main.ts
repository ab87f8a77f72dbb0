import { readConfig } from "./config.ts";
import { startGateway } from "./index.ts";
import { log } from "./log.ts";

const stopping = new AbortController();
const gateway = await startGateway(readConfig());
process.send?.("ready"); // to a supervisor, when there is one

for (const name of ["SIGTERM", "SIGINT"] as const) {
  process.on(name, () => {
    if (stopping.signal.aborted) process.exit(1); // asked twice: whoever asks does not want to wait
    stopping.abort();
    gateway.stop().then(
      () => process.exit(0),
      (err: unknown) => {
        log.error({ err }, "stop failed");
        process.exit(1);
      },
    );
  });
}

/**
 * One request's mistake must not end everybody's. Routes and connections are kept per request, so the process goes on; only
 * when it no longer listens is it of no use, and it ends loudly so that its supervisor starts another.
 */
function survive(err: unknown): void {
  gateway.countUncaught();
  log.error({ err }, "uncaught error");
  if (gateway.isListening || stopping.signal.aborted) return;
  log.fatal("the listener is gone");
  process.exit(1);
}

process.on("uncaughtException", survive);
process.on("unhandledRejection", survive);
