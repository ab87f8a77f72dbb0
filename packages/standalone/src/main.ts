import { DomainError } from "@homeport/kit/errors.ts";
import type { Answer } from "./detach.ts";
import { HELP, type Options, parseOptions, UsageError } from "./options.ts";

/**
 * What `bin/up` runs. Each mode loads its own code: the process that stays, of mode `run`, is to hold no libraries of the
 * others.
 */
const main = async (): Promise<void> => {
  const options = parseOptions(process.argv.slice(2), process.env.PWD ?? process.cwd());
  switch (options.mode) {
    case "help":
      process.stdout.write(HELP);
      return;
    case "stop":
      return stop(options);
    case "detach": {
      const { detach } = await import("./detach.ts");
      return detach(options);
    }
    case "run": {
      const { run } = await import("./run.ts");
      return run(options);
    }
  }
};

const stop = async ({ dataDir, keepWorkloads }: Options): Promise<void> => {
  const { stopPlatform } = await import("./stop.ts");
  await stopPlatform(dataDir, keepWorkloads);
  process.stdout.write(
    keepWorkloads ? "Homeport has stopped; the workloads go on.\n" : "Homeport and its workloads have stopped.\n",
  );
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

try {
  await main();
} catch (err) {
  const known = err instanceof UsageError || err instanceof DomainError;
  // What is unavailable is explained by the lines before it in the log.
  if (known && !(err instanceof DomainError && err.code === "unavailable")) await refuse(err.message);
  process.stderr.write(`${known ? err.message : err instanceof Error ? (err.stack ?? err.message) : String(err)}\n`);
  process.exit(err instanceof UsageError ? 2 : 1);
}
