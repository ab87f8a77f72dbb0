import type { Conflict } from "./conflicts.ts";

/** A conflict as JSON: in the details of a refusal and in the answer about a draft alike. */
export const serializeConflict = ({ yours, theirs, ...conflict }: Conflict) => ({
  ...conflict,
  yours: { ...yours, at: yours.at.toISOString() },
  theirs: theirs === null ? null : { ...theirs, at: theirs.at.toISOString() },
});
