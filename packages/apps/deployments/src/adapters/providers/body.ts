import { DomainError } from "@homeport/kit/errors.ts";
import { z } from "zod";
import { type BranchPush, isNoCommit, MAX_PATHS, type Push, readRef } from "../../push.ts";
import type { Delivery } from "../../source-provider.ts";

export const CommitId = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/);
/** The full name of a ref; git-check-ref-format(1) refuses these characters, and so do we before they get anywhere. */
export const Ref = z
  .string()
  .max(266)
  .regex(/^[^\p{Cc}\s~^:?*[\\]+$/u, "is no name of a ref");
/** What a server calls a repository: `team/app`. */
export const RepositoryName = z
  .string()
  .max(1000)
  .regex(/^[^\p{Cc}]+$/u);
export const BranchName = z
  .string()
  .max(255)
  .regex(/^[^\p{Cc}]+$/u);
/** Of one commit in a push; servers leave lists out, or write null. */
export const Files = z.array(z.string()).nullish();
export const Commit = z.object({
  id: z.string(),
  message: z.string().nullish(),
  added: Files,
  modified: Files,
  removed: Files,
});
export type Commit = z.infer<typeof Commit>;

/** A delivery's JSON, sent as it is or as the field `payload` of a form. @throws {DomainError} invalid */
export const jsonOf = ({ headers, body }: Delivery): unknown => {
  const text = new TextDecoder().decode(body);
  const isForm = headers.get("content-type")?.startsWith("application/x-www-form-urlencoded") === true;
  try {
    return JSON.parse(isForm ? (new URLSearchParams(text).get("payload") ?? "") : text);
  } catch (err) {
    throw new DomainError("invalid", "The body of the delivery is not JSON.", { cause: err });
  }
};

/** @throws {DomainError} invalid */
export const parseBody = <T>(schema: z.ZodType<T>, delivery: Delivery): T => {
  const parsed = schema.safeParse(jsonOf(delivery));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") ?? "";
  throw new DomainError("invalid", `The delivery is none that this webhook takes: ${where}: ${issue?.message ?? ""}`);
};

/** All files that some commits touched; null when there are too many to tell. */
export const pathsOf = (commits: readonly Commit[]): string[] | null => {
  const paths = new Set<string>();
  for (const { added, modified, removed } of commits) {
    for (const list of [added, modified, removed]) for (const path of list ?? []) paths.add(path);
    if (paths.size > MAX_PATHS) return null;
  }
  return [...paths];
};

type Told = {
  ref: string;
  before: string | null;
  after: string | null;
  /** The commits of the push, as far as they are listed, and whether that is all of them. */
  commits: readonly Commit[];
  isComplete: boolean;
  isForced: boolean | null;
  headMessage: string;
  defaultBranch: string | null;
};

/** A push by what all servers tell of it: from one commit to another, where "no commit" is made or deleted. */
export const pushOf = ({ ref, before, after, ...told }: Told): Push => {
  const named = readRef(ref);
  if (named === null) return { kind: "other", what: `a push to ${ref}` };
  if (named.kind === "tag") return { kind: "tag", tag: named.name };
  const branch = named.name;
  if (after === null || isNoCommit(after)) return { kind: "branch_deleted", branch };
  const isNew = before === null || isNoCommit(before);
  return {
    kind: "branch",
    branch,
    commit: after,
    before: isNew ? null : before,
    isForced: told.isForced,
    headMessage: told.headMessage,
    paths: knownPaths({ ...told, isNew }),
    defaultBranch: told.defaultBranch,
  };
};

/** What a new branch, rewritten history or a list that was cut brings is not in the list. */
const knownPaths = ({
  commits,
  isComplete,
  isForced,
  isNew,
}: Omit<Told, "ref" | "before" | "after"> & { isNew: boolean }): BranchPush["paths"] =>
  isNew || isForced === true || !isComplete || commits.length === 0 ? null : pathsOf(commits);
