import { z } from "zod";

export const ROLES = ["owner", "admin", "deployer", "developer", "viewer"] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

const member = {
  personId: z.uuid(),
  email: z.string(),
  name: z.string(),
  organisationId: z.uuid(),
  organisationSlug: z.string(),
  role: Role,
};

/** A person in a browser session. */
const PersonPrincipal = z.object({ kind: z.literal("person"), sessionId: z.uuid(), ...member });
/** A person's API token: never more than the person, narrowed by `scopes` (action patterns such as `project:*`). */
const TokenPrincipal = z.object({
  kind: z.literal("token"),
  tokenId: z.uuid(),
  scopes: z.array(z.string()),
  ...member,
});

/** What the auth app answers when it is asked who a cookie or an API token is. */
export const MemberPrincipal = z.discriminatedUnion("kind", [PersonPrincipal, TokenPrincipal]);
export type MemberPrincipal = z.infer<typeof MemberPrincipal>;

/** Who makes a request. The last five are proved by a signed identity (identity.ts), not by the auth app. */
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
  principal.kind === "person" || principal.kind === "token";

/**
 * A stable name of the caller for logs, rate limits and idempotency keys; never an e-mail or a token. A token is a caller
 * of its own: it may do less than its person, so it gets no answer that the person got.
 */
export const principalKey = (principal: Principal): string => {
  switch (principal.kind) {
    case "token":
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
