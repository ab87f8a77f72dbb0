/** Where a branch is, and where it was before as far as pushes told; the newest first. */
export type BranchHead = { commit: string; earlier: readonly string[] };

export type Seen = { commit: string; before: string | null; isForced: boolean | null };

export type Verdict =
  | { verdict: "new"; head: BranchHead }
  /** The branch is known to be there. */
  | { verdict: "same" }
  /** It tells of a push before the newest one. */
  | { verdict: "older" };

const MAX_EARLIER = 50;

/**
 * What a push makes of what is known of its branch. Deliveries may come late and in any order: one whose commit the branch
 * has left is older, unless it says that history was rewritten, or begins where the branch is: then it goes back.
 */
export const judgeHead = (known: BranchHead | null, { commit, before, isForced }: Seen): Verdict => {
  if (known === null) return { verdict: "new", head: { commit, earlier: before === null ? [] : [before] } };
  if (known.commit === commit) return { verdict: "same" };
  const goesOn = before === known.commit;
  if (known.earlier.includes(commit) && !goesOn && isForced !== true && before !== null) return { verdict: "older" };
  const steps = [...(before === null || goesOn ? [] : [before]), known.commit, ...known.earlier];
  const earlier = [...new Set(steps)].filter((step) => step !== commit).slice(0, MAX_EARLIER);
  return { verdict: "new", head: { commit, earlier } };
};
