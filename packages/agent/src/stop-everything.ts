import { log } from "./log.ts";
import type { ContainerEngine } from "./ports.ts";

const GRACE_SECONDS = 10;

/** Stops and removes every replica of this node, all at once. Repeatable. @throws the first failure, after trying all. */
export const stopEverything = async (engine: ContainerEngine): Promise<void> => {
  const replicas = await engine.list();
  const results = await Promise.allSettled(
    replicas.map(async ({ id }) => {
      await engine.stop(id, GRACE_SECONDS);
      await engine.remove(id);
    }),
  );
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  log.info({ count: replicas.length }, "every replica was stopped and removed");
};
