import { z } from "zod";
import type { Push } from "../../push.ts";
import type { SourceProvider } from "../../source-provider.ts";
import { BranchName, Commit, CommitId, parseBody, pushOf, Ref, RepositoryName } from "./body.ts";
import { hubSignature, isSigned } from "./signature.ts";

/** Servers before 1.17 do not say how many commits there were and list at most five (`FEED_MAX_COMMIT_NUM`). */
const LISTED_BY_OLD = 5;

const PushEvent = z.object({
  ref: Ref,
  before: CommitId,
  after: CommitId,
  commits: z.array(Commit).max(10_000).nullish(),
  total_commits: z.number().int().optional(),
  head_commit: Commit.nullish(),
  repository: z.object({ full_name: RepositoryName, default_branch: BranchName.optional() }),
});

/** What is deleted is told by an event of its own, with the short name. */
const DeleteEvent = z.object({
  ref: BranchName,
  ref_type: z.enum(["branch", "tag"]),
  repository: z.object({ full_name: RepositoryName }),
});

/** Of Gitea and of Forgejo, which began as Gitea. Both also sign as GitHub does; their own header comes first. */
const provider = (kind: "gitea" | "forgejo", ownHeaders: readonly string[]): SourceProvider => {
  const own = (headers: Headers, name: string): string | null =>
    ownHeaders.map((each) => headers.get(`x-${each}-${name}`)).find((value) => value !== null) ?? null;
  return {
    kind,
    verify: ({ headers, body }, secrets) => isSigned(own(headers, "signature") ?? hubSignature(headers), body, secrets),
    deliveryIdOf: ({ headers }) => own(headers, "delivery") ?? headers.get("x-github-delivery"),
    read(delivery) {
      const event = own(delivery.headers, "event") ?? "push";
      if (event === "delete") {
        const { ref, ref_type, repository } = parseBody(DeleteEvent, delivery);
        const push: Push = ref_type === "branch" ? { kind: "branch_deleted", branch: ref } : { kind: "tag", tag: ref };
        return { push, repositoryName: repository.full_name };
      }
      // Its button "Test delivery" sends a push, of the newest commit: that is deployed, or is there already.
      if (event !== "push") return { push: { kind: "other", what: event }, repositoryName: null };
      const { ref, before, after, commits, total_commits, head_commit, repository } = parseBody(PushEvent, delivery);
      const listed = commits ?? [];
      const push = pushOf({
        ref,
        before,
        after,
        commits: listed,
        isComplete: total_commits === undefined ? listed.length < LISTED_BY_OLD : listed.length >= total_commits,
        isForced: null,
        headMessage: head_commit?.message ?? listed.find(({ id }) => id === after)?.message ?? "",
        defaultBranch: repository.default_branch ?? null,
      });
      return { push, repositoryName: repository.full_name };
    },
  };
};

export const gitea = provider("gitea", ["gitea"]);
export const forgejo = provider("forgejo", ["forgejo", "gitea"]);
