import type { AppContext } from "@homeport/kit/app.ts";
import { leaseLoop } from "@homeport/kit/lease/lease-loop.ts";
import { claimPolls, finishPoll, syncPolls } from "../store/polls.ts";
import { type PollContext, runPoll, wantedPolls } from "./poll.ts";

/** How often it is looked which polls are due, and which repositories there are. */
const EVERY_MS = 15_000;
const SYNC_MS = 20_000;
const CONCURRENCY = 4;

/** Asks repositories that have no webhook, from time to time. With an interval of 0 it asks none. */
export const startPoller = (context: PollContext & Pick<AppContext, "log" | "signal">): { done: Promise<void> } => {
  const { sql, log, signal, intervalMs } = context;
  return leaseLoop({
    name: "deployments.polls",
    claim: (limit) => (intervalMs() === 0 ? Promise.resolve([]) : claimPolls(sql, limit)),
    run: async (poll, runSignal) => {
      try {
        await runPoll(context, poll, runSignal);
      } catch (err) {
        if (runSignal.aborted) return;
        log.warn({ err, pollId: poll.id }, "a repository was not asked; it is tried again");
        const { knownProjectIds } = poll;
        await finishPoll(sql, poll, {
          knownProjectIds,
          failures: poll.failures + 1,
          reason: null,
          waitMs: intervalMs() * 2 ** Math.min(poll.failures + 1, 5),
        });
      }
    },
    reap: async () => {
      if (intervalMs() > 0) await syncPolls(sql, await wantedPolls(sql), intervalMs());
    },
    reapEveryMs: SYNC_MS,
    everyMs: EVERY_MS,
    concurrency: CONCURRENCY,
    signal,
  });
};
