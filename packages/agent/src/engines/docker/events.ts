import { sleep } from "../../sleep.ts";
import { LABEL } from "./containers.ts";
import type { Endpoint } from "./endpoint.ts";
import { openStream, readLines } from "./streams.ts";

const REOPEN_DELAY_MS = 1000;
const ACTIONS = ["start", "die", "oom", "destroy", "kill", "stop"];

/** Yields at each event of a container of this node, and once whenever the connection was (re)opened. */
export async function* watchEvents(endpoint: Endpoint, nodeId: string, signal: AbortSignal): AsyncGenerator<void> {
  const filters = JSON.stringify({ type: ["container"], event: ACTIONS, label: [`${LABEL.node}=${nodeId}`] });
  while (!signal.aborted) {
    try {
      const res = await openStream(endpoint, `/events?${new URLSearchParams({ filters })}`, { method: "GET", signal });
      yield; // what happened while nobody listened is not told again
      if (res.ok && res.body !== null) for await (const _line of readLines(res.body)) yield;
    } catch {
      // a broken connection is what this loop is for
    }
    await sleep(REOPEN_DELAY_MS, signal);
  }
}
