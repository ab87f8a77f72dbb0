import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import { isId, newId } from "@homeport/kit/ids.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import { actorOf, type ProjectRole } from "@homeport/kit/principal.ts";
import { type HeldGrant, type Holder, MAX_GRANTS_OF_ONE } from "../grant.ts";
import type { GrantId } from "../ids.ts";
import type { Environment, Project } from "../project.ts";
import {
  countGrantsOf,
  countMostGrants,
  findGrant,
  findGrantAt,
  type GrantFilter,
  listGrants,
  putGrant,
  removeGrant,
} from "../store/grants.ts";
import { findMember } from "../store/members.ts";
import { findEnvironment, findProject } from "../store/projects.ts";
import { findServiceAccount } from "../store/service-accounts.ts";
import { findTeam } from "../store/teams.ts";
import { announceAccess } from "./access-changed.ts";
import type { Caller } from "./caller.ts";
import { refuseTooManyGrants } from "./grant-limit.ts";
import { lockMembershipsFor } from "./membership-locks.ts";
import { record } from "./record.ts";
import { placeOf, refuseNarrowToken } from "./token-scopes.ts";

/** Whom a role is for, by slug, id or a person's address. */
export type Who = { person: string } | { team: string } | { serviceAccount: string };

/** What a list is narrowed to, by slugs, ids and addresses. */
export type WantedGrants = {
  project?: string | undefined;
  person?: string | undefined;
  team?: string | undefined;
  serviceAccount?: string | undefined;
};

export type NewGrant = { who: Who; role: ProjectRole; environment?: string | undefined };

type PageOf = { cursor?: string | undefined; limit: number };

export const createGrants = (sql: Sql) => ({
  /** In the order in which they were given. Empty for what is not there. @throws {DomainError} invalid, for a foreign cursor */
  async list(scope: Scope, wanted: WantedGrants, page: PageOf): Promise<Paged<HeldGrant>> {
    const filter = await filterOf(sql, scope, wanted);
    return filter === null ? { items: [], nextCursor: null } : pageOfGrants(sql, scope, filter, page);
  },

  listOfProject: (scope: Scope, project: Project, page: PageOf): Promise<Paged<HeldGrant>> =>
    pageOfGrants(sql, scope, { projectId: project.id, personId: null, teamId: null, serviceAccountId: null }, page),

  /**
   * Gives a role in a project, or in one environment of it. Who has one at that place gets the new one instead.
   *
   * @throws {DomainError} invalid, for who or where is not there; forbidden, by a token that may not do everything there;
   * conflict, beyond the limits
   */
  put: (caller: Caller, project: Project, wanted: NewGrant): Promise<HeldGrant> =>
    sql.begin(async (tx) => {
      const { scope } = caller;
      await lockMembershipsFor(tx, caller);
      const environment = await environmentOf(tx, project, wanted.environment);
      refuseNarrowToken(caller.member, "give a role there", placeOf(project, environment));
      const who = await holderOf(tx, scope, wanted.who);
      const before = await findGrantAt(tx, project, environment, who);
      if (before?.role === wanted.role) return before;
      await putGrant(tx, project, { id: newId<GrantId>(), environment, who, role: wanted.role });
      const grant = await findGrantAt(tx, project, environment, who);
      if (grant === null) throw new DomainError("not_found", "There is no such project.");
      refuseTooManyGrants(await countGrantsOf(tx, project, who), MAX_GRANTS_OF_ONE);
      if (who.kind !== "service-account") {
        const of = who.kind === "person" ? { personId: who.id } : { teamId: who.id };
        refuseTooManyGrants(await countMostGrants(tx, scope.organisationId, of));
      }
      await announceAccess(tx, scope.organisationId, whoseOf(who));
      await recordGrant(tx, caller, "grant:write", "auth.grant.given", grant, before?.role ?? null, grant.role);
      return grant;
    }),

  /** 0 when it was gone. */
  remove: (caller: Caller, project: Project, id: string): Promise<number> =>
    sql.begin(async (tx) => {
      await lockMembershipsFor(tx, caller);
      const grant = isId(id) ? await findGrant(tx, project, id) : null;
      if (grant === null) return 0;
      const removed = await removeGrant(tx, grant);
      await announceAccess(tx, project.organisationId, whoseOf(grant.who));
      await recordGrant(tx, caller, "grant:remove", "auth.grant.removed", grant, grant.role, null);
      return removed;
    }),
});

export type Grants = ReturnType<typeof createGrants>;

const pageOfGrants = async (
  sql: Sql,
  scope: Scope,
  filter: GrantFilter,
  { cursor, limit }: PageOf,
): Promise<Paged<HeldGrant>> => {
  if (cursor !== undefined && !isId(cursor)) throw new DomainError("invalid", "This cursor is from no page.");
  const found = await listGrants(sql, scope, filter, (cursor as GrantId | undefined) ?? null, limit + 1);
  return cutPage(found, limit, ({ id }) => id);
};

/** Null when something that it names is not there, so nothing can be found. */
const filterOf = async (sql: Sql, scope: Scope, wanted: WantedGrants): Promise<GrantFilter | null> => {
  const project = wanted.project === undefined ? undefined : await findProject(sql, scope, wanted.project);
  const person = wanted.person === undefined ? undefined : await findMember(sql, scope, wanted.person);
  const team = wanted.team === undefined ? undefined : await findTeam(sql, scope, wanted.team);
  const account =
    wanted.serviceAccount === undefined ? undefined : await findServiceAccount(sql, scope, wanted.serviceAccount);
  if (project === null || person === null || team === null || account === null) return null;
  return {
    projectId: project?.id ?? null,
    personId: person?.id ?? null,
    teamId: team?.id ?? null,
    serviceAccountId: account?.id ?? null,
  };
};

/** @throws {DomainError} invalid */
const environmentOf = async (tx: Tx, project: Project, reference: string | undefined): Promise<Environment | null> => {
  if (reference === undefined) return null;
  const found = await findEnvironment(tx, project, reference);
  if (found === null) throw unknown("environment", "the project has no such environment");
  return found;
};

/** @throws {DomainError} invalid */
const holderOf = async (tx: Tx, scope: Scope, who: Who): Promise<Holder> => {
  if ("person" in who) {
    const found = await findMember(tx, scope, who.person);
    if (found === null) throw unknown("who.person", "the organisation has no such member");
    return { kind: "person", id: found.id, name: found.name, email: found.email };
  }
  if ("team" in who) {
    const found = await findTeam(tx, scope, who.team);
    if (found === null) throw unknown("who.team", "the organisation has no such team");
    return { kind: "team", id: found.id, name: found.name };
  }
  const found = await findServiceAccount(tx, scope, who.serviceAccount);
  if (found === null) throw unknown("who.serviceAccount", "the organisation has no such service account");
  return { kind: "service-account", id: found.id, name: found.slug };
};

const unknown = (path: string, message: string) =>
  new DomainError("invalid", `${path}: ${message}.`, { issues: [{ path, message }] });

const whoseOf = (who: Holder) => {
  switch (who.kind) {
    case "person":
      return { personId: who.id };
    case "service-account":
      return { serviceAccountId: who.id };
    case "team":
      return {}; // of anybody in it
  }
};

const recordGrant = (
  tx: Tx,
  { member }: Caller,
  action: string,
  event: string,
  { id, organisationId, project, environment, who }: HeldGrant,
  before: ProjectRole | null,
  after: ProjectRole | null,
): Promise<void> => {
  const place = { project: project.slug, environment: environment?.slug ?? null, [who.kind]: who.name };
  return record(tx, {
    action,
    event,
    organisationId,
    projectId: project.id,
    subject: { kind: "grant", id, name: `${who.name} in ${project.slug}` },
    actor: actorOf(member),
    before: before === null ? null : { ...place, role: before },
    after: after === null ? null : { ...place, role: after },
    data: {
      grantId: id,
      projectId: project.id,
      environmentId: environment?.id ?? null,
      who: { kind: who.kind, id: who.id },
      role: after,
    },
  });
};
