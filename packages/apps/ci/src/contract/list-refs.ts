import { z } from "zod";
import { CommitId, HostKey, RepositoryUrl } from "./build.ts";

/** What git-ls-remote(1) takes as a pattern: a whole name or its end, with `*` and `?`. It is no option. */
const RefPattern = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^-\s][^\s]*$/, "must not start with a dash, nor have spaces in it");

/** The most refs that a listing has. */
export const MAX_REFS = 10_000;

/** A question to the server of a repository: which branches and tags there are. */
export const ListRefsSpec = z.strictObject({
  organisationId: z.uuid(),
  source: z.strictObject({ kind: z.literal("git"), url: RepositoryUrl }),
  patterns: z.array(RefPattern).min(1).max(20).optional().describe("Only refs that fit one of them; all if absent"),
});

export const ListRefsResult = z.strictObject({
  /** By their full names, `refs/heads/…` and `refs/tags/…`, in the order of the names. A tag is told as its commit. */
  refs: z.array(z.strictObject({ name: z.string().max(255), commit: CommitId })).max(MAX_REFS),
  /** Short name; null for an empty repository, and when the server does not tell. Patterns make no difference to it. */
  defaultBranch: z.string().max(255).nullable(),
  /** There are more refs than the answer has room for: ask with patterns. */
  isTruncated: z.boolean(),
  hostKey: HostKey.optional(),
});

export type ListRefsSpec = z.infer<typeof ListRefsSpec>;
export type ListRefsResult = z.infer<typeof ListRefsResult>;
