import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { ProjectRole } from "@homeport/kit/principal.ts";
import { z } from "zod";
import { PersonReference, Reference, Removed } from "./nouns.ts";

/** Exactly one of them has the role. */
const Who = z.union(
  [
    z.strictObject({ person: PersonReference }),
    z.strictObject({ team: Reference }),
    z.strictObject({ serviceAccount: Reference }),
  ],
  "name one of person, team or serviceAccount",
);

export const GrantWire = z.object({
  id: z.uuid(),
  role: ProjectRole,
  project: z.object({ id: z.uuid(), slug: z.string() }),
  /** Null: in the whole project. */
  environment: z.object({ id: z.uuid(), slug: z.string() }).nullable(),
  who: z.object({ kind: z.enum(["person", "team", "service-account"]), id: z.uuid(), name: z.string() }),
  createdAt: Instant,
});

const ofProject = { project: Reference };

export const grantContract = {
  list: route({
    method: "GET",
    path: "/grants",
    action: "grant:read",
    resource: "organisation",
    summary: "List the roles that people, teams and service accounts have in projects",
    input: PageQuery.extend({
      project: Reference.optional(),
      person: PersonReference.optional(),
      team: Reference.optional(),
      serviceAccount: Reference.optional(),
    }),
    output: pageOf(GrantWire),
  }),
  listOfProject: route({
    method: "GET",
    path: "/projects/{project}/grants",
    action: "grant:read",
    resource: "project",
    summary: "List the roles in one project",
    input: PageQuery.extend(ofProject),
    output: pageOf(GrantWire),
  }),
  put: route({
    method: "PUT",
    path: "/projects/{project}/grants",
    action: "grant:write",
    resource: "project",
    summary: "Give a role in a project, or in one environment of it; it takes the place of another one there",
    input: z.strictObject({ ...ofProject, who: Who, role: ProjectRole, environment: Reference.optional() }),
    output: GrantWire,
  }),
  remove: route({
    method: "DELETE",
    path: "/projects/{project}/grants/{grant}",
    action: "grant:write",
    resource: "project",
    summary: "Take a role in a project back",
    input: z.object({ ...ofProject, grant: z.uuid() }),
    output: Removed,
  }),
};
