import { z } from "zod";
import type { SourceProvider } from "../../source-provider.ts";
import { BranchName, CommitId, parseBody, pushOf, Ref } from "./body.ts";
import { hubSignature, isSigned } from "./signature.ts";

const PushBody = z.strictObject({
  ref: Ref,
  /** The commit the branch is at; null when it was deleted. */
  commit: CommitId.nullable(),
  before: CommitId.optional(),
  message: z.string().max(10_000).default(""),
  /** All files that the push touched; left out, every service is deployed whatever it watches. */
  paths: z.array(z.string().max(4096)).max(10_000).optional(),
  defaultBranch: BranchName.optional(),
});

/** For scripts, and servers that have no form of their own here: signed as GitHub does, told apart by `webhook-id`. */
export const generic: SourceProvider = {
  kind: "generic",
  verify: ({ headers, body }, secrets) => isSigned(hubSignature(headers), body, secrets),
  deliveryIdOf: ({ headers }) => headers.get("webhook-id"),
  read(delivery) {
    const { ref, commit, before, message, paths, defaultBranch } = parseBody(PushBody, delivery);
    const push = pushOf({
      ref,
      before: before ?? null,
      after: commit,
      commits: [],
      isComplete: false,
      isForced: null,
      headMessage: message,
      defaultBranch: defaultBranch ?? null,
    });
    const told = push.kind === "branch" && paths !== undefined ? { ...push, paths } : push;
    return { push: told, repositoryName: null };
  },
};
