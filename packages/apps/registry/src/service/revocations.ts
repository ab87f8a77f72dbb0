import { type AccessChange, type Holder, keyOfChange, keysOfHolder } from "../access-change.ts";

/** More changes than this within the life of a token, and all tokens of before are void. */
const MAX_CHANGES = 10_000;

/** Whose tokens are void since when. Numbers of events are what is compared, not clocks. */
export type Revocations = {
  note(change: AccessChange): void;
  /** Whether the holder's access changed after the event number `seq`. */
  isVoid(holder: Holder, seq: number): boolean;
};

/** `keptMs`: how long a token lives; a change that is older is about none that still works. */
export const createRevocations = (
  keptMs: number,
  now: () => number = Date.now,
  maxChanges = MAX_CHANGES,
): Revocations => {
  const changes = new Map<string, { seq: number; notedAt: number }>(); // oldest first
  let floor = 0;
  const forgetOld = (): void => {
    for (const [key, { notedAt }] of changes) {
      if (now() - notedAt <= keptMs) return;
      changes.delete(key);
    }
  };
  return {
    note(change) {
      const key = keyOfChange(change);
      if (key === null) return;
      forgetOld();
      const seq = Math.max(change.seq, changes.get(key)?.seq ?? 0);
      changes.delete(key);
      changes.set(key, { seq, notedAt: now() });
      if (changes.size <= maxChanges) return;
      for (const each of changes.values()) floor = Math.max(floor, each.seq);
      changes.clear();
    },
    isVoid: (holder, seq) => seq < floor || keysOfHolder(holder).some((key) => (changes.get(key)?.seq ?? 0) > seq),
  };
};
