import { Slug } from "@homeport/kit/contract.ts";
import { z } from "zod";

/** `<organisation>/<name...>` in our registry: OCI distribution 1.1, "Pulling manifests". */
export const Repository = z
  .string()
  .max(255)
  .regex(/^[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/, "must be <organisation>/<name>");

export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 hex digits");

/** The full id of a commit, SHA-1 or SHA-256. */
export const CommitId = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, "must be 40 or 64 hex digits");

/** Address of a repository. The runner says what it takes; here it is only bounded. */
export const RepositoryUrl = z.string().min(1).max(2048);

/**
 * The key by which an ssh server proved who it is, as a line of known_hosts(5) for exactly this server. It is only told
 * when the job came without `knownHosts`: give it with the next job, and no other server will be believed.
 */
export const HostKey = z.string().max(8192);

/** Where the files of a build come from. */
export const BuildSource = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("git"),
    url: RepositoryUrl,
    ref: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe("Branch, tag or commit; the repository's own default if absent"),
    commit: CommitId.optional().describe("Exactly this commit is built, wherever `ref` has moved to by now"),
  }),
  z.strictObject({ kind: z.literal("upload"), uploadId: z.uuid() }),
]);

/** Everything a runner needs to know to make an image of a service. */
export const BuildSpec = z.strictObject({
  organisationId: z.uuid(),
  organisationSlug: Slug,
  projectId: z.uuid(),
  projectSlug: Slug,
  serviceId: z.uuid(),
  serviceSlug: Slug,
  environmentId: z.uuid(),
  output: z
    .enum(["container", "process"])
    .describe("An image for a container engine, or one of the built folder alone"),
  source: BuildSource,
  rootDirectory: z.string().max(500).optional(),
  preset: z
    .enum(["bun", "node", "deno", "python", "go", "rust", "php", "ruby", "java", "static", "dockerfile"])
    .optional()
    .describe("Detected from the files if absent"),
  buildCommand: z.string().max(4000).optional(),
  startCommand: z.string().max(4000).optional(),
  repository: Repository,
});

export const BuildResult = z.strictObject({
  repository: Repository,
  digest: Digest,
  commit: z.string().max(64).optional(),
  commitMessage: z.string().max(2000).optional(),
  author: z.string().max(200).optional().describe("Name of the commit's author"),
  branch: z.string().max(255).optional().describe("The branch that was built, if it was one"),
  hostKey: HostKey.optional(),
  preset: z.string().max(60),
  explanation: z.string().max(4000).describe("Why this preset, in plain words"),
  /** One item may be a shell script: two scripts of package.json, 4000 characters each, and what joins them. */
  startCommand: z.array(z.string().max(10_000)).max(100).optional(),
  port: z.number().int().min(1).max(65535).optional(),
});

/** Why something ended, for people: `message` is a sentence, `code` is for programs. */
export const Reason = z.strictObject({
  code: z.string().regex(/^[a-z][a-z0-9_.-]{0,59}$/),
  message: z.string().min(1).max(2000),
  exitCode: z.number().int().optional(),
  signal: z.string().max(20).optional(),
  lastLines: z.array(z.string().max(4000)).max(50).optional(),
});

export type BuildSpec = z.infer<typeof BuildSpec>;
export type BuildResult = z.infer<typeof BuildResult>;
export type Reason = z.infer<typeof Reason>;
