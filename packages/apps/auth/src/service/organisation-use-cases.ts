import type { Sql } from "@homeport/kit/db/connect.ts";
import type { Client } from "../client.ts";
import { createAcceptInvite } from "./accept-invite.ts";
import { createGrants } from "./grants.ts";
import { createInvites } from "./invites.ts";
import type { Mails } from "./mails.ts";
import { createMembers } from "./members.ts";
import { createOrganisations } from "./organisations.ts";
import { createProjects } from "./projects.ts";
import { createServiceAccounts } from "./service-accounts.ts";
import { createTeams } from "./teams.ts";

export type OrganisationDeps = {
  /** The platform's own address: links in invites begin with it. */
  appUrl: URL;
  mails: Pick<Mails, "isSetUp" | "enqueue">;
  /** Whether everybody may make organisations. */
  areOpen: () => boolean;
  /** @throws {DomainError} for an address that the rules for signing in do not let in */
  refuseDenied: (email: string, client: Client) => Promise<void>;
};

/** What organisations are made of: members, teams, roles in projects, invites, service accounts. */
export const createOrganisationUseCases = (sql: Sql, deps: OrganisationDeps) => ({
  organisations: createOrganisations(sql, deps.areOpen),
  members: createMembers(sql),
  teams: createTeams(sql),
  projects: createProjects(sql),
  grants: createGrants(sql),
  invites: createInvites(sql, deps.appUrl, deps.mails),
  acceptInvite: createAcceptInvite(sql, deps.refuseDenied),
  serviceAccounts: createServiceAccounts(sql),
});

export type OrganisationUseCases = ReturnType<typeof createOrganisationUseCases>;
