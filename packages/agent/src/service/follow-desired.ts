import { join } from "node:path";
import { DesiredState } from "@homeport/clusters/contract.ts";
import { backoffMs } from "../backoff.ts";
import { log } from "../log.ts";
import type { ControlPlane } from "../ports.ts";
import { supersedes } from "../reconcile.ts";
import { sleep } from "../sleep.ts";
import { readState, writeState } from "../state-file.ts";

const WAIT_SECONDS = 15;
/** The wait, and time for a slow answer. One that was lost on its way holds up the node for as long, so it is short. */
const POLL_TIMEOUT_MS = (WAIT_SECONDS + 5) * 1000;
/** An endless stream of empty answers would be a busy loop; a long poll that is honoured never gets here. */
const MIN_POLL_MS = 100;

/** Where the last desired state is kept, in the agent's own folder. */
export const desiredPath = (agentDir: string): string => join(agentDir, "desired.json");

/** Null when nothing was stored, or nothing usable: then the node waits for the control plane and touches nothing. */
export const loadDesired = async (path: string, nodeId: string): Promise<DesiredState | null> => {
  try {
    const stored = await readState(path, DesiredState);
    return stored !== null && supersedes(stored, null, nodeId) ? stored : null;
  } catch (err) {
    log.error({ err }, "the stored desired state is unusable");
    return null;
  }
};

/**
 * Follows the control plane's wishes until `signal` is aborted. Each newer one is stored before it is acted on, so that a
 * restart without the control plane never falls back behind it.
 */
export const followDesired = async (
  controlPlane: ControlPlane,
  nodeId: string,
  path: string,
  current: () => DesiredState | null,
  accept: (state: DesiredState) => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  let failures = 0;
  while (!signal.aborted) {
    const askedAt = Date.now();
    try {
      const after = current()?.generation ?? -1;
      const answer = await controlPlane.desired(
        after,
        WAIT_SECONDS,
        AbortSignal.any([signal, AbortSignal.timeout(POLL_TIMEOUT_MS)]),
      );
      if (answer !== null) {
        const next = DesiredState.parse(answer);
        if (supersedes(next, current(), nodeId)) {
          await writeState(path, next);
          await accept(next);
        } else {
          log.debug(
            { generation: next.generation, nodeId: next.nodeId },
            "a desired state that is not newer was ignored",
          );
        }
      }
      failures = 0;
      await sleep(MIN_POLL_MS - (Date.now() - askedAt), signal);
    } catch (err) {
      if (signal.aborted) return;
      failures += 1;
      if (failures === 1) log.warn({ err }, "no desired state could be taken over; what runs goes on");
      await sleep(Math.min(backoffMs(failures), 5_000), signal);
    }
  }
};
