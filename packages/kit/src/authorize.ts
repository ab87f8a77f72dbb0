import type { EnvironmentId, OrganisationId, ProjectId } from "./ids.ts";
import {
  type InstanceRole,
  isMember,
  type MemberPrincipal,
  type Principal,
  type PrincipalKind,
  type Role,
} from "./principal.ts";
import { coversAction, coversPlace, parseScope, type Scope } from "./scope.ts";

/** Who may perform an action. Absent lists allow nobody of that sort. */
export type ActionRule = {
  /** Members with one of these roles at the resource: in its organisation, or granted in its project or environment. */
  roles?: readonly Role[];
  /** In a protected environment these roles only; `roles` as everywhere when absent. */
  protectedRoles?: readonly Role[];
  /** People with one of these roles on the platform, for what is the platform's. */
  instance?: readonly InstanceRole[];
  /** Parts of the platform itself. */
  kinds?: readonly Exclude<PrincipalKind, "person" | "token" | "service" | "anonymous">[];
  /** Only about a person, who is asking: service accounts have no profile, no sessions, no second factor. */
  people?: true;
  /** Who may do something in one environment may do this to its project: see that it is there. */
  fromWithin?: true;
  /**
   * Never implied. A session must have proved its person within VERIFIED_MS, and a token needs a scope that names the
   * action in full: `*` and `noun:*` do not cover it.
   */
  dangerous?: true;
  /** Anybody, signed in or not. */
  public?: true;
};

/** An app's actions; every route, page and stream names one of them. */
export type Policy = Readonly<Record<string, ActionRule>>;

/**
 * What an action is done to. Things of the platform itself have no organisation; things without a project are the whole
 * organisation's, so a role in a project does not reach them.
 */
export type Resource = {
  kind: string;
  organisationId: OrganisationId | null;
  projectId?: ProjectId | null;
  environmentId?: EnvironmentId | null;
  /** Whether its environment is protected. */
  isProtected?: boolean;
};

export type Refusal = "unauthenticated" | "hidden" | "forbidden" | "narrow" | "protected" | "unverified" | "unnamed";

/**
 * `hidden`: the caller may not know that the resource exists, and gets the answer of a missing one.
 * `forbidden`: the caller may see things there, but their role does not let them do this; `protected`: not in a protected
 * environment; `narrow`: the role would, and the token's scopes do not.
 * `unverified`: the caller has to prove once more who they are; `unnamed`: the token's scopes do not name the action.
 */
export type Decision = { allowed: true } | { allowed: false; reason: Refusal };

/** How long a proof of who somebody is (a password, a second factor) is good for dangerous actions. */
export const VERIFIED_MS = 10 * 60_000;

const ALLOWED: Decision = { allowed: true };
const refuse = (reason: Refusal): Decision => ({ allowed: false, reason });

/**
 * The one authorization decision of the platform: pure and total. Unknown actions are denied to everybody.
 * Effective is role ∩ scopes ∩ place ∩ conditions; a token may do what its person may do, narrowed by its scopes.
 */
export const authorize = (
  policy: Policy,
  principal: Principal,
  action: string,
  resource: Resource,
  now: Date,
): Decision => {
  const rule = Object.hasOwn(policy, action) ? policy[action] : undefined;
  if (rule === undefined) return refuse("hidden");
  if (rule.public === true) return ALLOWED;
  if (principal.kind === "anonymous") return refuse("unauthenticated");
  if (!isMember(principal)) return rule.kinds?.includes(principal.kind) === true ? ALLOWED : refuse("hidden");
  const scopes = principal.kind === "person" ? null : scopesAt(principal.scopes, resource, rule.fromWithin === true);
  if (scopes?.length === 0 && resource.projectId) return refuse("hidden");
  const byRole =
    resource.organisationId === null ? onPlatform(rule, principal) : inOrganisation(rule, principal, resource);
  if (!byRole.allowed) return byRole;
  if (scopes?.some(({ actions }) => coversAction(actions, action)) === false) return refuse("narrow");
  return rule.dangerous === true ? beyondDoubt(principal, scopes ?? [], action, now) : ALLOWED;
};

/** The scopes of a token that reach a resource. */
const scopesAt = (scopes: readonly string[], resource: Resource, fromWithin: boolean): Scope[] =>
  scopes.flatMap((text) => {
    const scope = parseScope(text);
    if (scope === null) return [];
    const isWithin = fromWithin && !resource.environmentId && scope.projectId === resource.projectId;
    return isWithin || coversPlace(scope, resource) ? [scope] : [];
  });

const onPlatform = (rule: ActionRule, principal: MemberPrincipal): Decision => {
  const role = principal.kind === "service" ? null : principal.instanceRole;
  if (rule.instance === undefined || role === null) return refuse("hidden");
  return rule.instance.includes(role) ? ALLOWED : refuse("forbidden");
};

const inOrganisation = (rule: ActionRule, principal: MemberPrincipal, resource: Resource): Decision => {
  if (rule.roles === undefined || resource.organisationId !== principal.organisationId) return refuse("hidden");
  if (rule.people === true && principal.kind === "service") return refuse("forbidden");
  const held = rolesAt(principal, resource, rule.fromWithin === true);
  const { roles, protectedRoles } = rule;
  if (held.some((role) => roles.includes(role))) {
    const mayEnter = resource.isProtected !== true || protectedRoles === undefined;
    return mayEnter || held.some((role) => protectedRoles.includes(role)) ? ALLOWED : refuse("protected");
  }
  const isOfProject = resource.projectId !== undefined && resource.projectId !== null;
  return isOfProject && held.every((role) => role === "member") ? refuse("hidden") : refuse("forbidden");
};

/** The roles that a member has at a resource: the one in the organisation, and those granted there. */
const rolesAt = (principal: MemberPrincipal, resource: Resource, fromWithin: boolean): Role[] => {
  const granted = principal.grants.filter(
    ({ projectId, environmentId }) =>
      projectId === resource.projectId &&
      (environmentId === null || environmentId === resource.environmentId || (fromWithin && !resource.environmentId)),
  );
  return [principal.role, ...granted.map(({ role }) => role)];
};

const beyondDoubt = (principal: MemberPrincipal, scopes: readonly Scope[], action: string, now: Date): Decision => {
  if (principal.kind === "person") {
    return now.getTime() - principal.verifiedAt <= VERIFIED_MS ? ALLOWED : refuse("unverified");
  }
  return scopes.some(({ actions }) => actions === action) ? ALLOWED : refuse("unnamed");
};

/**
 * The projects of their organisation in which a member may perform an action: null stands for all of them. Lists show
 * these, so that what may not be opened is not listed either.
 */
export const projectsWithin = (
  policy: Policy,
  principal: MemberPrincipal,
  action: string,
  now: Date,
): ProjectId[] | null => {
  const organisationId = principal.organisationId as OrganisationId;
  const may = (resource: Resource): boolean => authorize(policy, principal, action, resource, now).allowed;
  if (may({ kind: "organisation", organisationId })) return null;
  const scopes = principal.kind === "person" ? [] : principal.scopes.map((text) => parseScope(text)?.projectId);
  const named = new Set([...principal.grants.map(({ projectId }) => projectId), ...scopes]);
  return [...named].flatMap((id) => {
    const projectId = (id ?? null) as ProjectId | null;
    return projectId !== null && may({ kind: "project", organisationId, projectId }) ? [projectId] : [];
  });
};

/** Role lists that most actions use, from the role table in references/security.md. */
export const READERS: readonly Role[] = ["owner", "admin", "auditor", "deployer", "developer", "viewer"];
export const EDITORS: readonly Role[] = ["owner", "admin", "developer"];
export const DEPLOYERS: readonly Role[] = ["owner", "admin", "deployer", "developer"];
export const ADMINS: readonly Role[] = ["owner", "admin"];
/** In a protected environment. */
export const RELEASERS: readonly Role[] = ["owner", "admin", "deployer"];
/** Everybody who belongs to the organisation. */
export const MEMBERS: readonly Role[] = [...READERS, "member"];
