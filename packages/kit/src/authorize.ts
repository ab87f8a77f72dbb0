import type { OrganisationId } from "./ids.ts";
import { isMember, type Principal, type PrincipalKind, type Role } from "./principal.ts";

/** Who may perform an action. Absent lists allow nobody of that sort. */
export type ActionRule = {
  /** Members with one of these roles in the organisation that owns the resource. */
  roles?: readonly Role[];
  /** Parts of the platform itself. */
  kinds?: readonly Exclude<PrincipalKind, "person" | "token" | "anonymous">[];
  /** Anybody, signed in or not. */
  public?: true;
};

/** An app's actions; every route, page and stream names one of them. */
export type Policy = Readonly<Record<string, ActionRule>>;

/** What an action is done to. Things of the platform itself have no organisation. */
export type Resource = { kind: string; organisationId: OrganisationId | null };

/**
 * `hidden`: the caller may not know that the resource exists, and gets the answer of a missing one.
 * `forbidden`: the caller may see things of this organisation, but not do this.
 */
export type Decision = { allowed: true } | { allowed: false; reason: "unauthenticated" | "hidden" | "forbidden" };

const ALLOWED: Decision = { allowed: true };

/**
 * The one authorization decision of the platform: pure and total. Unknown actions are denied to everybody.
 * A token may do what its person may do, narrowed by its scopes.
 */
export const authorize = (policy: Policy, principal: Principal, action: string, resource: Resource): Decision => {
  const rule = Object.hasOwn(policy, action) ? policy[action] : undefined;
  if (rule === undefined) return { allowed: false, reason: "hidden" };
  if (rule.public === true) return ALLOWED;
  if (principal.kind === "anonymous") return { allowed: false, reason: "unauthenticated" };
  if (!isMember(principal)) {
    return rule.kinds?.includes(principal.kind) === true ? ALLOWED : { allowed: false, reason: "hidden" };
  }
  if (rule.roles === undefined) return { allowed: false, reason: "hidden" };
  if (resource.organisationId !== principal.organisationId) return { allowed: false, reason: "hidden" };
  if (!rule.roles.includes(principal.role)) return { allowed: false, reason: "forbidden" };
  if (principal.kind === "token" && !principal.scopes.some((scope) => coversAction(scope, action))) {
    return { allowed: false, reason: "forbidden" };
  }
  return ALLOWED;
};

/** Whether a scope pattern (`*`, `project:*`, `project:read`) covers an action. */
export const coversAction = (scope: string, action: string): boolean =>
  scope === "*" || scope === action || (scope.endsWith(":*") && action.startsWith(scope.slice(0, -1)));

/** Role lists that most actions use, from the role table in references/security.md. */
export const READERS: readonly Role[] = ["owner", "admin", "deployer", "developer", "viewer"];
export const EDITORS: readonly Role[] = ["owner", "admin", "developer"];
export const DEPLOYERS: readonly Role[] = ["owner", "admin", "deployer", "developer"];
export const ADMINS: readonly Role[] = ["owner", "admin"];
