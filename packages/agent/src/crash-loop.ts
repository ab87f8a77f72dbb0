import type { Reason } from "@homeport/clusters/contract.ts";

/** What is counted: a service that crashes once a day is no loop. */
const WINDOW_MS = 10 * 60_000;
/** Starts again, from which on it is worth saying. */
const MIN_ENDS = 3;
const MAX_MARKS = 64;

/** How often a replica was started again, and when that was noticed; the newest last. */
export type Ends = { restarts: number | null; marks: readonly { at: number; count: number }[] };

export const NO_ENDS: Ends = { restarts: null, marks: [] };

/**
 * Takes down the engine's count of restarts. It counts also what happened between two looks; a count that falls is one that
 * began again. The same value when nothing changed.
 */
export const noteEnds = (ends: Ends, restarts: number, now: number): Ends => {
  if (ends.restarts === null) return { restarts, marks: [] }; // what was before is not known to be recent
  if (restarts === ends.restarts) return ends;
  const count = restarts > ends.restarts ? restarts - ends.restarts : restarts;
  const marks = [...ends.marks, { at: now, count }].filter(({ at }) => now - at <= WINDOW_MS).slice(-MAX_MARKS);
  return { restarts, marks };
};

/** The reason of an end, and when it is one of many, that too: how many in what time. */
export const loopOf = (reason: Reason, { marks }: Ends): Reason => {
  const count = marks.reduce((sum, mark) => sum + mark.count, 0) + 1; // and the end that the reason is about
  const [first, last] = [marks[0], marks.at(-1)];
  if (count < MIN_ENDS || first === undefined || last === undefined) return reason;
  const message = `${reason.message} It has ended ${count} times in ${inWords(last.at - first.at)} and is started again, with longer and longer pauses.`;
  return { ...reason, message: message.slice(0, 2000) };
};

const inWords = (ms: number): string => {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 90) return seconds === 1 ? "a second" : `${seconds} seconds`;
  return `${Math.round(seconds / 60)} minutes`;
};
