import { z } from "zod";
import type { SourceProvider } from "../../source-provider.ts";
import { BranchName, Commit, CommitId, parseBody, pushOf, Ref, RepositoryName } from "./body.ts";
import { hubSignature, isSigned } from "./signature.ts";

/** The most commits in a push event, and how many there were before 2022: docs.github.com, "Webhook events and payloads", push. */
const CUT_AT = [20, 2048];

const PushEvent = z.object({
  ref: Ref,
  before: CommitId,
  after: CommitId,
  forced: z.boolean().optional(),
  deleted: z.boolean().optional(),
  commits: z
    .array(Commit)
    .max(CUT_AT[1] as number)
    .default([]),
  head_commit: Commit.nullish(),
  repository: z.object({ full_name: RepositoryName, default_branch: BranchName.optional() }),
});

/** docs.github.com, "Validating webhook deliveries". */
export const github: SourceProvider = {
  kind: "github",
  verify: ({ headers, body }, secrets) => isSigned(hubSignature(headers), body, secrets),
  deliveryIdOf: ({ headers }) => headers.get("x-github-delivery"),
  read(delivery) {
    const event = delivery.headers.get("x-github-event") ?? "push";
    if (event === "ping") return { push: { kind: "ping" }, repositoryName: null };
    if (event !== "push") return { push: { kind: "other", what: event }, repositoryName: null };
    const { ref, before, after, deleted, forced, commits, head_commit, repository } = parseBody(PushEvent, delivery);
    const push = pushOf({
      ref,
      before,
      after: deleted === true ? null : after,
      commits,
      isComplete: !CUT_AT.includes(commits.length),
      isForced: forced ?? null,
      headMessage: head_commit?.message ?? "",
      defaultBranch: repository.default_branch ?? null,
    });
    return { push, repositoryName: repository.full_name };
  },
};
