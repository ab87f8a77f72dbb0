import { createWaker, pause, type Waker } from "@homeport/kit/lease/waker.ts";
import { log } from "../log.ts";
import { listProgress } from "../store/streams.ts";
import type { StreamId } from "../stream.ts";
import type { LoggingDeps } from "./deps.ts";

/** How often followed streams are looked at, for announcements that got lost. */
const LOOK_MS = 1_000;

/** Wakes those who follow streams: by announcement, and by one query a second over all streams that are followed. */
export type Tails = {
  /** A waker that is woken when the stream may have changed, until `signal` is aborted. */
  follow(id: StreamId, signal: AbortSignal): Waker;
  /** Resolves once `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
};

type Followed = { wakers: Set<Waker>; seen: string; unlisten: () => void };

export const createTails = (deps: LoggingDeps): Tails => {
  const followed = new Map<StreamId, Followed>();
  const wake = (id: StreamId) => {
    for (const waker of followed.get(id)?.wakers ?? []) waker.wake();
  };
  const leave = (id: StreamId, waker: Waker) => {
    const entry = followed.get(id);
    entry?.wakers.delete(waker);
    if (entry === undefined || entry.wakers.size > 0) return;
    followed.delete(id);
    entry.unlisten();
  };
  const look = async (): Promise<void> => {
    if (followed.size === 0) return;
    const ids = [...followed.keys()];
    const progress = new Map(
      (await listProgress(deps.sql, ids)).map((each) => [each.id, `${each.nextLine} ${each.ended}`]),
    );
    for (const id of ids) {
      const entry = followed.get(id);
      const now = progress.get(id) ?? "gone";
      if (entry === undefined || entry.seen === now) continue;
      entry.seen = now;
      wake(id);
    }
  };
  return {
    follow(id, signal) {
      const waker = createWaker(signal);
      const entry = followed.get(id) ?? {
        wakers: new Set<Waker>(),
        seen: "",
        unlisten: deps.channel.listen(id, () => wake(id)),
      };
      entry.wakers.add(waker);
      followed.set(id, entry);
      if (signal.aborted) leave(id, waker);
      else signal.addEventListener("abort", () => leave(id, waker), { once: true });
      return waker;
    },
    async run(signal) {
      while (!signal.aborted) {
        try {
          await look();
        } catch (err) {
          log.warn({ err }, "followed logs could not be looked at");
        }
        await pause(LOOK_MS, signal);
      }
    },
  };
};
