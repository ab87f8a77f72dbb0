import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { newId, type OrganisationId, type PersonId } from "@homeport/kit/ids.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import { actorOf, type HumanPrincipal } from "@homeport/kit/principal.ts";
import {
  MAX_ORGANISATIONS,
  type Organisation,
  type OrganisationOverview,
  type OwnOrganisation,
  visibleProjectCount,
} from "../organisation.ts";
import type { Membership } from "../person.ts";
import {
  countMembersOfThisOnly,
  countOwnOrganisationsLocked,
  findOrganisation,
  findOwnOrganisation,
  listOwnOrganisations,
  moveSessionsOut,
  removeOrganisation,
  renameOrganisation,
  switchSession,
} from "../store/organisations.ts";
import { insertMembership, insertOrganisation } from "../store/people.ts";
import { announceAccess } from "./access-changed.ts";
import type { Caller } from "./caller.ts";
import { keepOwnerReachable, lockMembershipsFor } from "./membership-locks.ts";
import { organisationRemoved } from "./organisation-removed.ts";
import { record } from "./record.ts";

/** `areOpen`: whether everybody may make organisations, not only who owns the platform. */
export const createOrganisations = (sql: Sql, areOpen: () => boolean) => ({
  /** Those of a person by slug, after the slug in `cursor`. */
  async listOwn({ personId }: HumanPrincipal, cursor: string, limit: number): Promise<Paged<OwnOrganisation>> {
    const found = await listOwnOrganisations(sql, personId as PersonId, cursor, limit + 1);
    return cutPage(found, limit, ({ slug }) => slug);
  },

  mayCreate: (member: HumanPrincipal): boolean => member.instanceRole === "owner" || areOpen(),

  /** @throws {DomainError} forbidden; conflict, for a slug that is taken and beyond MAX_ORGANISATIONS */
  async create(
    member: HumanPrincipal,
    { slug, name = slug }: { slug: string; name?: string | undefined },
  ): Promise<Organisation> {
    if (member.instanceRole !== "owner" && !areOpen()) {
      throw new DomainError("forbidden", "Here only owners of the platform make organisations. Ask one of them.");
    }
    const id = newId<OrganisationId>();
    const personId = member.personId as PersonId;
    await sql.begin(async (tx) => {
      if ((await countOwnOrganisationsLocked(tx, personId)) >= MAX_ORGANISATIONS) throw tooMany();
      await insertOrganisation(tx, { id, slug, name });
      await insertMembership(tx, personId, id, "owner");
      await record(tx, {
        action: "organisation:create",
        event: "auth.organisation.created",
        organisationId: id,
        subject: { kind: "organisation", id, name: slug },
        actor: actorOf(member),
        before: null,
        after: { slug, name },
        data: { organisationId: id, slug },
      });
    });
    return { id, slug, name };
  },

  /** As the caller sees it. @throws {DomainError} not_found, when it is gone by now */
  async get({ member, scope }: Caller): Promise<OrganisationOverview> {
    const found = await findOrganisation(sql, scope);
    if (found === null) throw new DomainError("not_found", "There is no such organisation.");
    return { ...found, projectCount: visibleProjectCount(member, found) };
  },

  rename: (caller: Caller, name: string): Promise<Organisation> =>
    sql.begin(async (tx) => {
      const { member, scope } = caller;
      await lockMembershipsFor(tx, caller);
      const before = (await findOrganisation(tx, scope)) as OrganisationOverview; // locked, so it is there
      await renameOrganisation(tx, scope, name);
      await record(tx, {
        action: "organisation:update",
        event: "auth.organisation.changed",
        organisationId: before.id,
        subject: { kind: "organisation", id: before.id, name: before.slug },
        actor: actorOf(member),
        before: { name: before.name },
        after: { name },
        data: { organisationId: before.id },
      });
      return { ...before, name };
    }),

  /**
   * Removes the caller's organisation with everything in it. Sessions move on to another organisation of their people;
   * those who have none cannot sign in until somebody invites them, and the answer says how many these are.
   *
   * @throws {DomainError} invalid, when `confirm` is not its slug; conflict, while it has projects
   */
  remove: (caller: Caller, confirm: string): Promise<{ withoutOrganisation: number }> =>
    sql.begin(async (tx) => {
      const { scope } = caller;
      await lockMembershipsFor(tx, caller);
      const found = (await findOrganisation(tx, scope)) as OrganisationOverview; // locked, so it is there
      if (confirm !== found.slug) throw notConfirmed(found.slug);
      if (found.projectCount > 0) {
        throw new DomainError("conflict", "It has projects. Remove them first.");
      }
      const withoutOrganisation = await countMembersOfThisOnly(tx, found);
      await moveSessionsOut(tx, found);
      await removeOrganisation(tx, found);
      await keepOwnerReachable(tx);
      await organisationRemoved(tx, found, "organisation:remove");
      return { withoutOrganisation };
    }),

  /**
   * Moves this session to another organisation of its person.
   *
   * @throws {DomainError} forbidden, for tokens: each belongs to one organisation; not_found, also for one they are not in
   */
  async switch(member: HumanPrincipal, reference: string): Promise<Membership> {
    if (member.kind !== "person") {
      throw new DomainError("forbidden", "A token is for one organisation. Sign in to work in another one.");
    }
    const { sessionId, email, name } = member;
    const personId = member.personId as PersonId;
    return sql.begin(async (tx) => {
      const to = await findOwnOrganisation(tx, personId, reference);
      if (to === null) throw new DomainError("not_found", "There is no such organisation.");
      await switchSession(tx, { id: sessionId, personId }, to.id);
      await announceAccess(tx, null, { sessionId });
      await audit(tx, {
        app: "auth",
        action: "session:switch",
        organisationId: to.id,
        subject: { kind: "session", id: sessionId, name },
      });
      const organisation = { organisationId: to.id, organisationSlug: to.slug, organisationName: to.name };
      return { personId, email, name, ...organisation, role: to.role };
    });
  },
});

export type Organisations = ReturnType<typeof createOrganisations>;

const tooMany = () => new DomainError("conflict", `A person is in at most ${MAX_ORGANISATIONS} organisations.`);

const notConfirmed = (slug: string) => {
  const message = `type ${slug} to confirm`;
  return new DomainError("invalid", `confirm: ${message}.`, { issues: [{ path: "confirm", message }] });
};
