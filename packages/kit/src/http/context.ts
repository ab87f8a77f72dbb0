import { authorize, type Policy, projectsWithin, type Refusal, type Resource } from "../authorize.ts";
import { DomainError } from "../errors.ts";
import type { OrganisationId, ProjectId } from "../ids.ts";
import { type HumanPrincipal, isMember, type MemberPrincipal, type Principal } from "../principal.ts";
import { NOT_NAMED } from "../scope.ts";

declare const made: unique symbol;

/**
 * The rows that a caller may touch: of one organisation, and of these projects, or of all when null. Store functions of
 * tenants' tables take one; only this file makes them, from a principal.
 */
export type Scope = {
  readonly organisationId: OrganisationId;
  readonly organisationSlug: string;
  readonly projectIds: readonly ProjectId[] | null;
  readonly [made]: true;
};

/** Whether two scopes reach the same rows, in whatever order they name them. */
export const isSameScope = (one: Scope | null, other: Scope | null): boolean =>
  one?.organisationId === other?.organisationId &&
  new Set(one?.projectIds ?? null).symmetricDifference(new Set(other?.projectIds ?? null)).size === 0 &&
  (one?.projectIds === null) === (other?.projectIds === null);

/** Everything a handler knows about the request it answers. */
export type CallContext = {
  principal: Principal;
  /** What the action is done to, already loaded in the caller's scope and allowed. */
  resource: Resource;
  /** Where the caller may do what the route does; null for parts of the platform and strangers. */
  scope: Scope | null;
  /** Whether the caller may do something else in this app: what an answer shows, and what a handler does besides. */
  may: (action: string, resource: Resource) => boolean;
  /** The same, and also where they would first have to prove who they are: what a page offers, whose form then asks that. */
  mayOnceVerified: (action: string, resource: Resource) => boolean;
  requestId: string;
  clientAddress: string;
  /** Scheme and host that the caller used; never the base of a link that is stored or mailed. */
  origin: string;
  headers: Headers;
  /** Ends when the caller goes away. */
  signal: AbortSignal;
  /** Headers to put on a successful answer, such as cookies. */
  responseHeaders: Headers;
};

/**
 * Finds the thing an action is done to, from the parsed input, in the scope of the caller (null for parts of the
 * platform, which see every organisation). Null when it does not exist there.
 */
export type ResourceLoader = (
  scope: Scope | null,
  input: Record<string, unknown>,
  principal: Principal,
) => Promise<Resource | null>;
export type ResourceLoaders = Readonly<Record<string, ResourceLoader>>;

const scopeOf = (member: MemberPrincipal, projectIds: readonly ProjectId[] | null): Scope =>
  ({
    organisationId: member.organisationId,
    organisationSlug: member.organisationSlug,
    projectIds,
  }) as unknown as Scope; // the brand is only in the type

/** The member who makes a request. @throws {DomainError} forbidden, for parts of the platform. */
export const memberOf = (context: Pick<CallContext, "principal">): MemberPrincipal => {
  if (isMember(context.principal)) return context.principal;
  throw new DomainError("forbidden", "Only members of an organisation can do this.");
};

/** The person who makes a request. @throws {DomainError} forbidden, for service accounts and parts of the platform. */
export const personOf = (context: Pick<CallContext, "principal">): HumanPrincipal => {
  const member = memberOf(context);
  if (member.kind !== "service") return member;
  throw new DomainError("forbidden", "Only people can do this: a service account has no profile.");
};

/** Where the member who makes a request may do this. @throws {DomainError} forbidden, for parts of the platform. */
export const memberScope = (context: Pick<CallContext, "scope">): Scope => {
  if (context.scope !== null) return context.scope;
  throw new DomainError("forbidden", "Only members of an organisation can do this.");
};

const PLATFORM: Resource = { kind: "platform", organisationId: null };

/** Resources that every app has: nothing has to be loaded to decide about them. */
export const BUILT_IN_RESOURCES: ReadonlySet<string> = new Set(["public", "platform", "organisation", "projects"]);

export type Access = { policy: Policy; loaders: ResourceLoaders };

/** What a request was let through to. */
export type Admitted = Pick<CallContext, "resource" | "scope" | "may" | "mayOnceVerified">;

/**
 * The one place where a request meets the policy. Loads the resource in the caller's organisation and decides.
 *
 * Of the built-in resources, `organisation` is the caller's own; `projects` is what the caller may see of it: every
 * member is let through, and the scope says which projects, none included.
 *
 * @throws {DomainError} unauthenticated; not_found when it is missing or must look so; forbidden; unverified
 */
export const admit = async (
  access: Access,
  principal: Principal,
  action: string,
  resourceKind: string,
  input: Record<string, unknown>,
): Promise<Admitted> => {
  refuseStranger(access, principal, action);
  const now = new Date();
  const member = isMember(principal) ? principal : null;
  const resource = await loadResource(access.loaders, principal, resourceKind, input);
  if (resource === null) throw missing(resourceKind);
  const within = member === null ? null : projectsWithin(access.policy, member, action, now);
  const scope = member === null ? null : scopeOf(member, within);
  const decide = (what: string, on: Resource) => authorize(access.policy, principal, what, on, now);
  const admitted: Admitted = {
    resource,
    scope,
    may: (what, on) => decide(what, on).allowed,
    mayOnceVerified: (what, on) => {
      const decision = decide(what, on);
      return decision.allowed || decision.reason === "unverified";
    },
  };
  if (resourceKind === "projects" && within !== null && (within.length > 0 || member?.role === "member")) {
    return admitted;
  }
  const decision = decide(action, resource);
  if (decision.allowed) return admitted;
  throw refusal(decision.reason, action, resourceKind);
};

/** What is hidden and what is not there get the same sentence. Of the platform itself nobody asks whether it exists. */
const missing = (kind: string) =>
  new DomainError("not_found", kind === "platform" ? "There is nothing at this address." : `There is no such ${kind}.`);

const refusal = (reason: Refusal, action: string, kind: string): DomainError => {
  switch (reason) {
    case "unauthenticated":
      return new DomainError("unauthenticated", "Sign in first.");
    case "hidden":
      return missing(kind);
    case "forbidden":
      return new DomainError("forbidden", `Your role does not allow ${action} here.`);
    case "narrow":
      return new DomainError("forbidden", `This token's scopes do not cover ${action} here.`);
    case "protected":
      return new DomainError("forbidden", `This environment is protected: your role does not allow ${action} in it.`);
    case "unverified":
      return new DomainError("unverified", "Confirm that it is you: this needs a sign-in of the last ten minutes.");
    case "unnamed":
      return new DomainError("forbidden", `${NOT_NAMED} ${action}; "*" does not cover it.`);
  }
};

/** Nobody who is not signed in gets as far as a look-up or a validation message. @throws {DomainError} unauthenticated */
export const refuseStranger = (access: Access, principal: Principal, action: string): void => {
  const open = Object.hasOwn(access.policy, action) && access.policy[action]?.public === true;
  if (principal.kind === "anonymous" && !open) throw new DomainError("unauthenticated", "Sign in first.");
};

const loadResource = async (
  loaders: ResourceLoaders,
  principal: Principal,
  kind: string,
  input: Record<string, unknown>,
): Promise<Resource | null> => {
  const scope = isMember(principal) ? scopeOf(principal, null) : null;
  if (kind === "platform" || kind === "public") return PLATFORM;
  if (kind === "organisation" || kind === "projects") return { kind, organisationId: scope?.organisationId ?? null };
  return (await loaders[kind]?.(scope, input, principal)) ?? null;
};
