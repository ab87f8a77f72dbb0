import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { Change, MAX_CHANGES_AT_ONCE, MAX_STAGED_CHANGES } from "../change.ts";
import { ReferenceProblem } from "./problems.ts";

const inProject = { project: z.string().min(1).max(60) };

/** What a change is about. */
export const ChangeTarget = z.object({
  kind: z.enum(["project", "environment", "group", "service", "workload", "variable", "attachment", "volume"]),
  /** Of the thing; of a variable and an attachment the place and the name. */
  id: z.string(),
  /** For people: `api`, `staging`, `LOG_LEVEL of api`. */
  name: z.string(),
});

const Author = z.object({ kind: z.enum(["person", "service"]), id: z.string(), name: z.string() });

/** What differs. Of a variable no value is told: `set`, `changed` or `removed` stand for it. */
export const DiffEntry = z.object({
  target: ChangeTarget,
  change: z.enum(["created", "changed", "removed"]),
  fields: z.array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })),
});

/** A change that waits. The value of a variable is no part of it. */
const StagedChange = z.object({
  id: z.uuid(),
  seq: z.number().int(),
  change: z.looseObject({ op: z.string() }),
  author: Author,
  createdAt: Instant,
  /** Why it cannot be applied as things are; null when it can. */
  error: z.string().nullable(),
});

/** Somebody changed the same thing after this was staged. It is applied once it says whose is to hold. */
export const ChangeConflict = z.object({
  changeId: z.uuid(),
  target: ChangeTarget,
  yours: z.object({ author: Author, at: Instant }),
  /** Null when that was before there were sets of changes. */
  theirs: z.object({ author: Author, at: Instant, changeSet: z.number().int() }).nullable(),
  /** How it is now, without secrets; null when it is gone. */
  current: z.record(z.string(), z.unknown()).nullable(),
});

export const Draft = z.object({
  /** Rises with each change that is staged, discarded or applied. */
  version: z.number().int(),
  changes: z.array(StagedChange),
  /** What applying all of them would make different. */
  diff: z.array(DiffEntry),
  authors: z.array(Author),
  conflicts: z.array(ChangeConflict),
  /** References that would lead nowhere, or in a circle. */
  problems: z.array(ReferenceProblem),
  /** How many changes are about things that you may not see. */
  hiddenCount: z.number().int(),
});

const Deployed = z.object({ service: z.string(), environment: z.string(), deploymentId: z.uuid() });

export const Applied = z.object({
  /** The number of the set; null when nothing was different. */
  changeSet: z.number().int().nullable(),
  version: z.number().int(),
  diff: z.array(DiffEntry),
  /** Temporary ids of what was made, and its ids. */
  created: z.record(z.string(), z.uuid()),
  deployments: z.array(Deployed),
  /** What would have been deployed, and why it was not. */
  notDeployed: z.array(z.object({ service: z.string(), environment: z.string(), reason: z.string() })),
  problems: z.array(ReferenceProblem),
});

const ChangeSet = z.object({
  number: z.number().int(),
  author: Author,
  message: z.string(),
  diff: z.array(DiffEntry),
  appliedAt: Instant,
});

const ChangeIds = z.array(z.uuid()).min(1).max(MAX_STAGED_CHANGES);

/** The draft of a project: changes gather, and are applied together or not at all. */
export const changes = {
  get: route({
    method: "GET",
    path: "/projects/{project}/changes",
    action: "draft:read",
    resource: "project",
    summary: "Show the staged changes of a project, and what they would make different",
    input: z.object(inProject),
    output: Draft,
  }),
  stage: route({
    method: "POST",
    path: "/projects/{project}/changes",
    action: "draft:write",
    resource: "project",
    summary: "Stage changes; nothing is different until they are applied",
    input: z.strictObject({ ...inProject, changes: z.array(Change).min(1).max(MAX_CHANGES_AT_ONCE) }),
    output: Draft,
    status: 201,
  }),
  discard: route({
    method: "POST",
    path: "/projects/{project}/changes/discard",
    action: "draft:write",
    resource: "project",
    summary: "Discard staged changes, with those that need them, or all",
    input: z.strictObject({ ...inProject, changeIds: ChangeIds.optional() }),
    output: z.object({ discarded: z.array(z.uuid()), version: z.number().int() }),
  }),
  apply: route({
    method: "POST",
    path: "/projects/{project}/changes/apply",
    action: "draft:write",
    resource: "project",
    summary: "Apply staged changes in one transaction, and deploy what they change, each once",
    input: z.strictObject({
      ...inProject,
      /** The draft as it was looked at: refused when somebody changed it since. */
      draftVersion: z.number().int().min(0).optional(),
      changeIds: ChangeIds.optional(),
      /** For changes that conflict: whose holds. */
      resolve: z.record(z.uuid(), z.enum(["mine", "theirs"])).default({}),
      message: z.string().trim().max(500).default(""),
      deploy: z.enum(["affected", "none"]).default("affected"),
    }),
    output: Applied,
  }),
  listSets: route({
    method: "GET",
    path: "/projects/{project}/change-sets",
    action: "draft:read",
    resource: "project",
    summary: "List the changes that were applied, newest first",
    input: PageQuery.extend(inProject),
    output: pageOf(ChangeSet),
  }),
};
