import { z } from "zod";

/**
 * Roles in an organisation. `admin` to `viewer` hold in all of its projects; an `auditor` reads everything but secrets,
 * the audit log included; a `member` has what teams and projects grant, and nothing else.
 */
export const ROLES = ["owner", "admin", "auditor", "deployer", "developer", "viewer", "member"] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

/** Roles in one project or environment, given to a person, a team or a service account. */
export const PROJECT_ROLES = ["admin", "deployer", "developer", "viewer"] as const satisfies readonly Role[];
export const ProjectRole = z.enum(PROJECT_ROLES);
export type ProjectRole = z.infer<typeof ProjectRole>;

/** Roles on the platform itself: its people, settings, nodes and gateway. They open no organisation. */
export const INSTANCE_ROLES = ["owner", "operator"] as const;
export const InstanceRole = z.enum(INSTANCE_ROLES);
export type InstanceRole = z.infer<typeof InstanceRole>;

/** A role in one project, or in one environment of it. */
export const Grant = z.object({ role: ProjectRole, projectId: z.uuid(), environmentId: z.uuid().nullable() });
export type Grant = z.infer<typeof Grant>;

/** A principal travels with every request of its caller; more would make it slow to read. */
export const MAX_GRANTS = 500;

const member = {
  name: z.string(),
  organisationId: z.uuid(),
  organisationSlug: z.string(),
  role: Role,
  grants: z.array(Grant).max(MAX_GRANTS),
};
const person = { personId: z.uuid(), email: z.string(), instanceRole: InstanceRole.nullable() };
const credential = { tokenId: z.uuid(), scopes: z.array(z.string()) };

/** A person in a browser session; `verifiedAt` (ms since 1970) is when they last proved who they are. */
const PersonPrincipal = z.object({
  kind: z.literal("person"),
  sessionId: z.uuid(),
  verifiedAt: z.number().int(),
  ...person,
  ...member,
});
/** A person's API token: never more than the person, narrowed by `scopes` (scope.ts). */
const TokenPrincipal = z.object({ kind: z.literal("token"), ...credential, ...person, ...member });
/** A token of a service account: nobody's, the organisation's own. */
const ServicePrincipal = z.object({
  kind: z.literal("service"),
  serviceAccountId: z.uuid(),
  ...credential,
  ...member,
});

/** What the auth app answers when it is asked who a cookie or an API token is. */
export const MemberPrincipal = z.discriminatedUnion("kind", [PersonPrincipal, TokenPrincipal, ServicePrincipal]);
export type MemberPrincipal = z.infer<typeof MemberPrincipal>;
/** A member who is somebody: in a session, or by a token of theirs. */
export type HumanPrincipal = Exclude<MemberPrincipal, { kind: "service" }>;

/** Who makes a request. The last four are proved by a signed identity (identity.ts), not by the auth app. */
export type Principal =
  | MemberPrincipal
  | { kind: "anonymous" }
  | { kind: "app"; appId: string }
  | { kind: "agent"; nodeId: string }
  | { kind: "runner"; runnerId: string }
  /** A running build: may push to exactly one repository and write its own log. */
  | { kind: "job"; jobId: string; organisationId: string; repository: string };

export type PrincipalKind = Principal["kind"];

export const ANONYMOUS: Principal = { kind: "anonymous" };

export const isMember = (principal: Principal): principal is MemberPrincipal =>
  principal.kind === "person" || principal.kind === "token" || principal.kind === "service";

/** Whom a member's deeds belong to: a person, also when a token of theirs did it, or a service account. */
export type Actor = { kind: "person" | "service"; id: string; name: string };

export const actorOf = (member: MemberPrincipal): Actor =>
  member.kind === "service"
    ? { kind: "service", id: member.serviceAccountId, name: member.name }
    : { kind: "person", id: member.personId, name: member.name };

/**
 * A stable name of the caller for logs, rate limits and idempotency keys; never an e-mail or a token. A token is a caller
 * of its own: it may do less than its person, so it gets no answer that the person got.
 */
export const principalKey = (principal: Principal): string => {
  switch (principal.kind) {
    case "token":
    case "service":
      return `token:${principal.tokenId}`;
    case "person":
      return `person:${principal.personId}`;
    case "app":
      return `app:${principal.appId}`;
    case "agent":
      return `agent:${principal.nodeId}`;
    case "runner":
      return `runner:${principal.runnerId}`;
    case "job":
      return `job:${principal.jobId}`;
    case "anonymous":
      return "anonymous";
  }
};
