import { z } from "zod";
import type { SourceProvider } from "../../source-provider.ts";
import { BranchName, Commit, CommitId, parseBody, pushOf, Ref, RepositoryName } from "./body.ts";
import { isToken } from "./signature.ts";

const Event = z.object({ object_kind: z.string().regex(/^[a-z_]{1,60}$/) });

const PushEvent = z.object({
  ref: Ref,
  before: CommitId,
  after: CommitId,
  commits: z.array(Commit).max(1_000).default([]),
  total_commits_count: z.number().int().default(0),
  project: z.object({ path_with_namespace: RepositoryName, default_branch: BranchName.nullish() }),
});

/**
 * docs.gitlab.com, "Webhook events", push events: at most 20 commits are listed, and `total_commits_count` says how many
 * there are. It does not say of a push whether history was rewritten.
 */
export const gitlab: SourceProvider = {
  kind: "gitlab",
  verify: ({ headers }, secrets) => isToken(headers.get("x-gitlab-token"), secrets),
  /** `Idempotency-Key` stays when a delivery is tried again; older servers only have an id of the event. */
  deliveryIdOf: ({ headers }) =>
    headers.get("webhook-id") ?? headers.get("idempotency-key") ?? headers.get("x-gitlab-event-uuid"),
  read(delivery) {
    const { object_kind: event } = parseBody(Event, delivery);
    if (event !== "push" && event !== "tag_push") return { push: { kind: "other", what: event }, repositoryName: null };
    const { ref, before, after, commits, total_commits_count, project } = parseBody(PushEvent, delivery);
    const push = pushOf({
      ref,
      before,
      after,
      commits,
      isComplete: commits.length >= total_commits_count,
      isForced: null,
      headMessage: commits.find(({ id }) => id === after)?.message ?? "",
      defaultBranch: project.default_branch ?? null,
    });
    return { push, repositoryName: project.path_with_namespace };
  },
};
