import { authorize, type Policy } from "@homeport/kit/authorize.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import { isMember, type Principal } from "@homeport/kit/principal.ts";
import { isRepositoryName, organisationSlugOf } from "./repository.ts";

export const ACCESS_ACTIONS = ["pull", "push", "delete"] as const;
export type AccessAction = (typeof ACCESS_ACTIONS)[number];

/** What a caller asked to do in one repository, and what of it is allowed. */
export type Grant = { name: string; asked: AccessAction[]; granted: AccessAction[] };

/** Longest list of scopes that one token may be asked for; docker asks for one and one more per mount source. */
const MAX_SCOPES = 50;

/**
 * Parses `repository:<name>:<action>,<action>`, several of them separated by blanks (distribution, "Token scope
 * documentation"). `*` is every action; what several scopes ask for one repository adds up, as containerd and crane expect.
 * What is not about a repository is left out.
 */
export const parseScopes = (scopes: readonly string[]): Pick<Grant, "name" | "asked">[] => {
  const wordsOf = new Map<string, string[]>();
  for (const scope of scopes.flatMap((each) => each.split(" ")).slice(0, MAX_SCOPES)) {
    const match = /^repository(?:\([a-z0-9]+\))?:([^\s:]{1,255}):([a-z*,]{1,60})$/.exec(scope);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    wordsOf.set(match[1], [...(wordsOf.get(match[1]) ?? []), ...match[2].split(",")]);
  }
  return [...wordsOf].map(([name, words]) => ({
    name,
    asked: ACCESS_ACTIONS.filter((action) => words.includes(action) || words.includes("*")),
  }));
};

/** Whose repositories a caller may see at all; `*` is every organisation's, null nobody's. */
export type Reach = OrganisationId | "*" | null;

export const reachOf = (principal: Principal): Reach => {
  if (isMember(principal) || principal.kind === "job") return principal.organisationId as OrganisationId;
  return principal.kind === "agent" ? "*" : null;
};

/**
 * What of `asked` a caller may do in the repository `name`, by its name alone: whether it exists plays no part, so a
 * grant tells nobody that it does.
 */
export const grantedActions = (
  policy: Policy,
  principal: Principal,
  name: string,
  asked: readonly AccessAction[],
  now: Date,
): AccessAction[] => {
  if (!isRepositoryName(name)) return [];
  if (principal.kind === "job" && principal.repository !== name) return [];
  const isOwn = isMember(principal) && principal.organisationSlug === organisationSlugOf(name);
  const organisationId = isOwn ? (principal.organisationId as OrganisationId) : null;
  const resource = { kind: "repository", organisationId };
  return asked.filter((action) => authorize(policy, principal, `image:${action}`, resource, now).allowed);
};
