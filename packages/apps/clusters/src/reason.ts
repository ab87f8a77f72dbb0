import type { Reason } from "./contract/release.ts";

/** Room for the reason in an event, whose data may have 64 KiB in all. */
const MAX_EVENT_BYTES = 32 * 1024;

/** Text of processes as Postgres can hold it in JSON: without NUL and without halves of surrogate pairs. */
export const plainText = (text: string): string => text.replaceAll("\0", "\uFFFD").toWellFormed();

/** A reason whose texts every store and reader can take. */
export const cleanReason = (reason: Reason): Reason => ({
  ...reason,
  code: plainText(reason.code),
  message: plainText(reason.message),
  ...(reason.signal === undefined ? {} : { signal: plainText(reason.signal) }),
  ...(reason.lastLines === undefined ? {} : { lastLines: reason.lastLines.map(plainText) }),
});

/** The same with as many of the newest lines as fit into an event. */
export const reasonForEvent = (reason: Reason): Reason => {
  if (reason.lastLines === undefined) return reason;
  let room = MAX_EVENT_BYTES;
  const kept = reason.lastLines.toReversed().filter((line) => {
    room -= Buffer.byteLength(JSON.stringify(line)) + 1;
    return room >= 0;
  });
  return { ...reason, lastLines: kept.toReversed() };
};
