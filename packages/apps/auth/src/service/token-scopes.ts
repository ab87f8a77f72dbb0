import { VERIFIED_MS } from "@homeport/kit/authorize.ts";
import type { Db } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";
import { isWithin, parseScope } from "@homeport/kit/scope.ts";
import type { Declared } from "../ports.ts";
import type { Environment, Project } from "../project.ts";
import { findEnvironments, findProjects } from "../store/projects.ts";

/**
 * Scopes as they are kept: projects and environments by their ids, so that a name that is given to another one later
 * gives nothing away.
 *
 * @throws {DomainError} invalid, naming each scope that is about nothing the maker can see
 */
export const resolveScopes = async (sql: Db, maker: MemberPrincipal, wanted: readonly string[]): Promise<string[]> => {
  const parts = wanted.map(partsOf);
  const references = [...new Set(parts.flatMap(({ project }) => project ?? []))];
  if (references.length === 0) return [...wanted];
  const projects = (await findProjects(sql, maker, references)).filter((project) => isSeen(maker, project));
  const environments = await findEnvironments(sql, maker, projects);
  const resolved = parts.map(({ actions, project, environment }) => {
    if (project === undefined) return actions;
    const found = projects.find((each) => each.id === project || each.slug === project);
    if (found === undefined) return null;
    const place = `${actions}@project/${found.id}`;
    if (environment === undefined) return place;
    const inside = environments.filter(({ projectId }) => projectId === found.id);
    const at = inside.find(({ id, slug }) => id === environment || slug === environment);
    return at === undefined ? null : `${place}/environment/${at.id}`;
  });
  const issues = resolved.flatMap((text, index) =>
    text === null
      ? { path: `scopes.${index}`, message: `there is no such project or environment: ${wanted[index]}` }
      : [],
  );
  if (issues.length > 0) throw new DomainError("invalid", "A scope is about something that is not there.", { issues });
  return resolved.filter((text) => text !== null);
};

/**
 * Nobody makes a token that may do more than what they made it with. A scope that names an action in full is more than
 * one that covers it by `*`: it can do what is dangerous. So a session has to be a fresh proof for it, and a token has to
 * name the action itself. Of the `implied` actions nothing of that is so.
 *
 * @throws {DomainError} forbidden; unverified; invalid, instead of these, for an action that no app has
 */
export const refuseWiderScopes = (
  maker: MemberPrincipal,
  scopes: readonly string[],
  { implied, known }: Declared,
  now: Date,
): void => {
  const named = scopes.filter((scope) => !actionOf(scope).endsWith("*") && !implied.has(actionOf(scope)));
  if (maker.kind === "person") {
    if (named.length > 0 && now.getTime() - maker.verifiedAt > VERIFIED_MS) {
      refuseUnknown(scopes, named, known);
      throw new DomainError("unverified", `Confirm that it is you: ${named[0]} can cover what is never implied.`);
    }
    return;
  }
  const tooWide = scopes.find((scope) => !isWithin(scope, maker.scopes));
  if (tooWide !== undefined) {
    throw new DomainError("forbidden", `Your token does not cover ${tooWide}, so it cannot hand that on.`);
  }
  const unnamed = named.find(
    (scope) =>
      !isWithin(
        scope,
        maker.scopes.filter((own) => actionOf(own) === actionOf(scope)),
      ),
  );
  if (unnamed !== undefined) {
    refuseUnknown(scopes, [unnamed], known);
    throw new DomainError("forbidden", `Your token does not name ${unnamed} in full, so it cannot hand that on.`);
  }
};

/** A slip of the hand is called one, where who made it would be told of their rights. @throws {DomainError} invalid */
const refuseUnknown = (scopes: readonly string[], refused: readonly string[], known: Declared["known"]): void => {
  const issues = refused
    .filter((scope) => known?.has(actionOf(scope)) === false)
    .map((scope) => ({
      path: `scopes.${scopes.indexOf(scope)}`,
      message: `no app that runs has an action ${actionOf(scope)}`,
    }));
  if (issues[0] !== undefined) throw new DomainError("invalid", `A scope: ${issues[0].message}.`, { issues });
};

/**
 * For what makes somebody who can do more than a narrowed token: an invite leads to a whole account. What reaches no
 * farther than `place` needs a token that may do everything there.
 *
 * @throws {DomainError} forbidden
 */
export const refuseNarrowToken = (member: MemberPrincipal, what: string, place = ""): void => {
  if (member.kind === "person" || isWithin(`*${place}`, member.scopes)) return;
  throw new DomainError("forbidden", `Only a token whose scopes include *${place} can ${what}.`);
};

/** Where a role in a project, or in one environment of it, holds, as scopes say it. */
export const placeOf = (project: Project, environment: Environment | null): string =>
  `@project/${project.id}${environment === null ? "" : `/environment/${environment.id}`}`;

type Parts = { actions: string; project: string | undefined; environment: string | undefined };

const partsOf = (text: string): Parts => {
  const [actions = "", place = ""] = text.split("@", 2);
  const [, project, , environment] = place.split("/");
  return { actions, project, environment };
};

/** Who is no more than a member of the organisation sees the projects that something was granted in. */
const isSeen = (maker: MemberPrincipal, { id }: Project): boolean =>
  maker.role !== "member" || maker.grants.some(({ projectId }) => projectId === id);

const actionOf = (scope: string): string => parseScope(scope)?.actions ?? "";
