import { type AgentConfig, agentDirOf } from "./agent-config.ts";
import { log } from "./log.ts";
import type { ContainerEngine } from "./ports.ts";
import { desiredPath, loadDesired } from "./service/follow-desired.ts";

/** For a replica of which nothing is known any more. */
const GRACE_SECONDS = 10;
/** The longest a service can ask for; somebody waits for this to return. */
const MAX_GRACE_SECONDS = 600;

/**
 * Stops and removes every replica of this node, all at once, each with the grace of its service. Repeatable.
 *
 * @throws the first failure, after trying all.
 */
export const stopEverything = async (
  engine: ContainerEngine,
  { nodeId, dataDir }: Pick<AgentConfig, "nodeId" | "dataDir">,
): Promise<void> => {
  const wanted = (await loadDesired(desiredPath(agentDirOf(dataDir)), nodeId))?.replicas ?? [];
  const graces = new Map(wanted.map(({ id, graceSeconds }) => [id, Math.min(graceSeconds, MAX_GRACE_SECONDS)]));
  const replicas = await engine.list();
  const results = await Promise.allSettled(
    replicas.map(async ({ id }) => {
      await engine.stop(id, graces.get(id) ?? GRACE_SECONDS);
      await engine.remove(id);
    }),
  );
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  log.info({ count: replicas.length }, "every replica was stopped and removed");
};
