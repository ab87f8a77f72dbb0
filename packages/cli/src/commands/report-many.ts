import type { Client } from "@homeport/sdk";
import { followMany, type Queued, tellFailures } from "../follow-many.ts";
import { print, printJson } from "../output.ts";
import { UnmetError } from "../usage-error.ts";

/** What a set of changes deploys, and what it should have deployed but could not. */
type Applied = { deployments: Queued[]; notDeployed?: unknown[] };

/**
 * Prints what came of applying changes; with `wait` once all that it deploys has ended.
 *
 * @throws {UnmetError} when it was waited for and something is not live
 */
export const reportMany = async (
  client: Client,
  project: string,
  applied: Applied,
  sentence: string,
  { wait, json }: { wait?: boolean; json?: boolean },
): Promise<void> => {
  const waits = wait ?? process.stdout.isTTY === true;
  if (json !== true) print(sentence);
  const ended = waits ? await followMany(client, project, applied.deployments, json === true) : null;
  if (json === true) printJson(ended === null ? applied : { ...applied, deployments: ended });
  if (ended === null) return;
  const areLive = json === true ? ended.every(({ state }) => state === "live") : tellFailures(ended);
  if (!areLive || (applied.notDeployed ?? []).length > 0) throw new UnmetError();
};
