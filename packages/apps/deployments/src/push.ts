/**
 * What a repository's server tells of, in its own words or found by asking. `paths` are the files that were touched; null
 * when that is not known for all of them.
 */
export type Push =
  | {
      kind: "branch";
      branch: string;
      commit: string;
      /** Where the branch was; null when it is new, or not told. */
      before: string | null;
      /** Whether history was rewritten; null when it is not told. */
      isForced: boolean | null;
      headMessage: string;
      paths: readonly string[] | null;
      defaultBranch: string | null;
    }
  | { kind: "branch_deleted"; branch: string }
  | { kind: "tag"; tag: string }
  | { kind: "ping" }
  /** Something that deploys nothing: what it is called. */
  | { kind: "other"; what: string };

export type BranchPush = Extract<Push, { kind: "branch" }>;

/** Of files that one push touched; more are as good as not known. */
export const MAX_PATHS = 10_000;

const SKIP = /\[(skip ci|ci skip|no ci|skip deploy|deploy skip)\]/i;

/** Whether the message of a commit asks that nothing is deployed. */
export const asksToSkip = (message: string): boolean => SKIP.test(message);

const BRANCH = "refs/heads/";
const TAG = "refs/tags/";

/** What the full name of a ref is about; null for notes, pull requests and the like. */
export const readRef = (ref: string): { kind: "branch" | "tag"; name: string } | null => {
  if (ref.startsWith(BRANCH) && ref.length > BRANCH.length) return { kind: "branch", name: ref.slice(BRANCH.length) };
  if (ref.startsWith(TAG) && ref.length > TAG.length) return { kind: "tag", name: ref.slice(TAG.length) };
  return null;
};

/** How git writes "no commit", in SHA-1 and SHA-256. */
export const isNoCommit = (commit: string): boolean => /^0+$/.test(commit);
