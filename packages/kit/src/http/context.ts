import type { Policy, Resource } from "../authorize.ts";
import { authorize } from "../authorize.ts";
import { DomainError } from "../errors.ts";
import type { OrganisationId } from "../ids.ts";
import { isMember, type MemberPrincipal, type Principal } from "../principal.ts";

/** The organisation whose rows a caller may touch. Store functions of tenants' tables take one. */
export type Scope = { readonly organisationId: OrganisationId; readonly organisationSlug: string };

/** Everything a handler knows about the request it answers. */
export type CallContext = {
  principal: Principal;
  /** What the action is done to, already loaded in the caller's scope and allowed. */
  resource: Resource;
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

export const scopeOf = (member: MemberPrincipal): Scope => ({
  organisationId: member.organisationId as OrganisationId,
  organisationSlug: member.organisationSlug,
});

/** The member who makes a request. @throws {DomainError} forbidden, for parts of the platform. */
export const memberOf = (context: Pick<CallContext, "principal">): MemberPrincipal => {
  if (isMember(context.principal)) return context.principal;
  throw new DomainError("forbidden", "Only members of an organisation can do this.");
};

/** The scope of the member who makes a request. */
export const memberScope = (context: Pick<CallContext, "principal">): Scope => scopeOf(memberOf(context));

const PLATFORM: Resource = { kind: "platform", organisationId: null };

export type Access = { policy: Policy; loaders: ResourceLoaders };

/**
 * The one place where a request meets the policy. Loads the resource in the caller's scope and decides.
 *
 * @throws {DomainError} unauthenticated; not_found when it is missing or must look so; forbidden
 */
export const admit = async (
  access: Access,
  principal: Principal,
  action: string,
  resourceKind: string,
  input: Record<string, unknown>,
): Promise<Resource> => {
  refuseStranger(access, principal, action);
  const resource = await loadResource(access.loaders, principal, resourceKind, input);
  const missing = new DomainError("not_found", `There is no such ${resourceKind}.`);
  if (resource === null) throw missing;
  const decision = authorize(access.policy, principal, action, resource);
  if (decision.allowed) return resource;
  if (decision.reason === "unauthenticated") throw new DomainError("unauthenticated", "Sign in first.");
  if (decision.reason === "hidden") throw missing;
  throw new DomainError("forbidden", `Your role does not allow ${action} here.`);
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
  const scope = isMember(principal) ? scopeOf(principal) : null;
  if (kind === "platform" || kind === "public") return PLATFORM;
  if (kind === "organisation") return { kind, organisationId: scope?.organisationId ?? null };
  return (await loaders[kind]?.(scope, input, principal)) ?? null;
};
