import type { Resource } from "@homeport/kit/authorize.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import type { ResourceLoader, ResourceLoaders, Scope } from "@homeport/kit/http/context.ts";
import { isId, type OrganisationId } from "@homeport/kit/ids.ts";
import { isMember } from "@homeport/kit/principal.ts";
import type { Invite } from "../invite.ts";
import type { Member } from "../person.ts";
import type { Project } from "../project.ts";
import { mayManage } from "../role.ts";
import type { ServiceAccount } from "../service-account.ts";
import { findInvite } from "../store/invites.ts";
import { findMember } from "../store/members.ts";
import { findProject } from "../store/projects.ts";
import { findServiceAccount } from "../store/service-accounts.ts";
import { findTeam } from "../store/teams.ts";
import type { Team } from "../team.ts";

/** A resource with the thing itself, loaded. */
type Found<T> = Resource & { found: T };

/** Finds what a path names, in the caller's organisation only. */
export const organisationLoaders = (sql: Sql) =>
  ({
    member: named("member", "person", (scope, reference) => findMember(sql, scope, reference)),
    team: named("team", "team", (scope, reference) => findTeam(sql, scope, reference)),
    "service-account": named("service-account", "account", (scope, reference) =>
      findServiceAccount(sql, scope, reference),
    ),
    async project(scope, { project }) {
      const found = scope === null || typeof project !== "string" ? null : await findProject(sql, scope, project);
      if (found === null) return null;
      return { kind: "project", organisationId: found.organisationId, projectId: found.id, found };
    },
    /** One for more than the caller is looks as if it were not there. */
    async invite(scope, { invite }, principal) {
      if (scope === null || typeof invite !== "string" || !isId(invite) || !isMember(principal)) return null;
      const found = await findInvite(sql, scope, invite);
      if (found === null || !mayManage(principal.role, found.role)) return null;
      return { kind: "invite", organisationId: found.organisationId, found };
    },
  }) satisfies ResourceLoaders;

const named =
  <T extends { organisationId: OrganisationId }>(
    kind: string,
    field: string,
    find: (scope: Scope, reference: string) => Promise<T | null>,
  ): ResourceLoader =>
  async (scope, input): Promise<Found<T> | null> => {
    const reference = input[field];
    const found = scope === null || typeof reference !== "string" ? null : await find(scope, reference);
    return found === null ? null : { kind, organisationId: found.organisationId, found };
  };

type Loaded = { resource: Resource };

/** The thing that the route was about; the routes' `resource` fields say which of these holds. */
const foundIn = <T>({ resource }: Loaded): T => (resource as Found<T>).found;
export const memberIn = (context: Loaded): Member => foundIn(context);
export const teamIn = (context: Loaded): Team => foundIn(context);
export const serviceAccountIn = (context: Loaded): ServiceAccount => foundIn(context);
export const projectIn = (context: Loaded): Project => foundIn(context);
export const inviteIn = (context: Loaded): Invite => foundIn(context);
