import { DomainError } from "@homeport/kit/errors.ts";
import { startLocalPostgres } from "@homeport/kit/local/postgres.ts";
import { startLocalValkey } from "@homeport/kit/local/valkey.ts";
import { readOuterConfig } from "./config.ts";
import { STARTED, type Task, type Told } from "./errand.ts";
import { pathsOf } from "./paths.ts";
import { prepare } from "./prepare.ts";
import { readyMessage, waitUntilRouted } from "./routed.ts";
import { remembered } from "./started-with.ts";

/** The process of an errand, see errand.ts: does its one task, says how that ended, and is dismissed. */
const perform = async (task: Task): Promise<Told> => {
  switch (task.do) {
    case "postgres":
      return { says: "started", value: (await startLocalPostgres({ dataDir: task.dataDir })).pid };
    case "valkey": {
      const { redisUrl } = readOuterConfig();
      return { says: "started", value: (await startLocalValkey({ dataDir: task.dataDir, redisUrl })).pid };
    }
    case "prepare": {
      const { promise: started, resolve } = Promise.withResolvers<void>();
      process.on("message", (word) => {
        if (word === STARTED) resolve();
      });
      const options = remembered(task.options);
      const paths = pathsOf(options.dataDir);
      say({ says: "prepared", value: await prepare(options, paths, task.supervisorPid) });
      await started;
      await waitUntilRouted(paths.runDir);
      return { says: "ready", value: readyMessage(options.port, paths) };
    }
  }
};

const say = (told: Told): void => void process.send?.(told);

const toTold = (err: unknown): Told =>
  err instanceof DomainError
    ? { says: "refused", code: err.code, message: err.message }
    : { says: "failed", stack: err instanceof Error ? (err.stack ?? err.message) : String(err) };

// It was heard, or the supervisor was killed: then the next one adopts what has begun.
process.on("disconnect", () => process.exit(0));
say(await perform(JSON.parse(process.argv[2] ?? "") as Task).catch(toTold));
