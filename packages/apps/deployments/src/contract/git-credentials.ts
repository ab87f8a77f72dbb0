import { Instant, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { GitRef } from "../source.ts";

const Reference = z.string().min(1).max(60);
const ofService = { project: Reference, service: Reference };

/** The public half; nothing gives the private one out. */
export const DeployKey = z.object({
  /** A line for the repository's list of deploy keys. */
  publicKey: z.string(),
  fingerprint: z.string(),
  /** The only server that it is used for: `ssh://git.example.com`. */
  server: z.string(),
  /** The key by which the server proved who it is, as it was first seen; null until then. */
  hostKey: z.object({ line: z.string(), fingerprint: z.string() }).nullable(),
  createdAt: Instant,
});

export const GitToken = z.object({
  username: z.string().nullable(),
  /** The only server that it is sent to: `https://git.example.com`. */
  server: z.string(),
  createdAt: Instant,
});

const Removed = z.object({ removed: z.boolean() });
const path = "/projects/{project}/services/{service}" as const;
const write = { action: "git-credential:write", resource: "service" } as const;

export const gitCredentials = {
  get: route({
    method: "GET",
    path: `${path}/git-credentials`,
    action: "git-credential:read",
    resource: "service",
    summary: "Show what a service's repository is read with, without anything secret",
    input: z.object(ofService),
    output: z.object({ deployKey: DeployKey.nullable(), gitToken: GitToken.nullable() }),
  }),
  createDeployKey: route({
    ...write,
    method: "POST",
    path: `${path}/deploy-key`,
    summary:
      "Make a deploy key for a repository that is reached over ssh; one there is stays, unless it is to be replaced",
    input: z.strictObject({ ...ofService, replace: z.boolean().default(false) }),
    output: DeployKey,
    status: 201,
  }),
  removeDeployKey: route({
    ...write,
    method: "DELETE",
    path: `${path}/deploy-key`,
    summary: "Forget a service's deploy key",
    input: z.object(ofService),
    output: Removed,
  }),
  forgetHostKey: route({
    ...write,
    method: "DELETE",
    path: `${path}/deploy-key/host-key`,
    summary: "Believe the next key that the repository's server shows: it has a new one",
    input: z.object(ofService),
    output: Removed,
  }),
  setGitToken: route({
    ...write,
    method: "PUT",
    path: `${path}/git-token`,
    summary: "Set the token that a repository is read with over https",
    input: z.strictObject({
      ...ofService,
      username: z
        .string()
        .regex(/^[^\s:\p{Cc}]{1,200}$/u, "must have no colon and no spaces")
        .optional()
        .describe("For servers that want a certain one"),
      token: z.string().regex(/^[\x21-\x7e]{1,4096}$/, "must be visible ASCII characters"),
    }),
    output: GitToken,
  }),
  removeGitToken: route({
    ...write,
    method: "DELETE",
    path: `${path}/git-token`,
    summary: "Forget the token of a service's repository",
    input: z.object(ofService),
    output: Removed,
  }),
};

const Branch = z.object({ name: z.string(), commit: z.string() });

/** What is asked of the repository's own server, by a runner. */
export const repositories = {
  branches: route({
    method: "GET",
    path: `${path}/branches`,
    action: "source:read",
    resource: "service",
    summary: "List the branches of a service's repository, as its server tells them",
    input: z.object(ofService),
    output: z.object({
      items: z.array(Branch),
      defaultBranch: z.string().nullable(),
      /** There are more than fit into the answer. */
      isTruncated: z.boolean(),
    }),
  }),
  check: route({
    method: "POST",
    path: `${path}/source/check`,
    action: "source:read",
    resource: "service",
    summary: "Say whether a service's repository can be read, and with what",
    input: z.strictObject({ ...ofService, ref: GitRef.optional() }),
    output: z.object({
      readable: z.boolean(),
      credential: z.enum(["none", "deploy-key", "git-token"]),
      message: z.string(),
      defaultBranch: z.string().nullable(),
      branchCount: z.number().int().nullable(),
    }),
  }),
};
