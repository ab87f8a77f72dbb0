import { audit } from "@homeport/kit/audit/audit.ts";
import type { Db, Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import type { HumanPrincipal } from "@homeport/kit/principal.ts";
import type { PlatformOrganisation } from "../platform-organisation.ts";
import { lockActiveOwners } from "../store/accounts.ts";
import { moveSessionsOut, removeOrganisation } from "../store/organisations.ts";
import {
  findPlatformOrganisation,
  hasAnotherOrganisation,
  listPlatformOrganisations,
  lockOrganisation,
  renameOrganisation,
} from "../store/platform-organisations.ts";
import { organisationRemoved } from "./organisation-removed.ts";

/** Every organisation, for those who run the platform. They see that it is there, and nothing that is in it. */
export const createPlatformOrganisations = (sql: Sql) => ({
  /** By slug, after the slug in `cursor`. */
  async list({ cursor, limit }: { cursor?: string | undefined; limit: number }): Promise<Paged<PlatformOrganisation>> {
    const found = await listPlatformOrganisations(sql, cursor ?? "", limit + 1);
    return cutPage(found, limit, ({ slug }) => slug);
  },

  /** By slug or id. @throws {DomainError} not_found */
  get: (reference: string): Promise<PlatformOrganisation> => getOrganisation(sql, reference),

  /** @throws {DomainError} not_found */
  rename: (reference: string, name: string): Promise<PlatformOrganisation> =>
    sql.begin(async (tx) => {
      const organisation = await lock(tx, reference);
      if (organisation.name === name) return organisation;
      const { id, slug } = organisation;
      await renameOrganisation(tx, id, name);
      for (const organisationId of [null, id]) {
        await audit(tx, {
          app: "auth",
          action: "organisation:rename",
          organisationId,
          subject: { kind: "organisation", id, name: slug },
          before: { name: organisation.name },
          after: { name },
        });
      }
      await emit(tx, {
        type: "auth.organisation.changed",
        source: "auth",
        organisationId: id,
        subject: id,
        data: { organisationId: id },
      });
      return { ...organisation, name };
    }),

  /**
   * Its members stay people of the platform, whether or not another organisation is left to them; who asks must have one,
   * or nobody might be left who can sign in.
   *
   * @throws {DomainError} not_found; conflict, while it has projects, or is the last one of who asks
   */
  close: (by: HumanPrincipal, reference: string): Promise<void> =>
    sql.begin(async (tx) => {
      const organisation = await lock(tx, reference);
      const { id, slug, projectCount } = organisation;
      if (projectCount > 0) {
        throw new DomainError("conflict", `${slug} has projects. They have to be removed first, by its own people.`);
      }
      await lockActiveOwners(tx); // of two who close each other's last organisation, the second sees what is left
      if (!(await hasAnotherOrganisation(tx, by.personId as PersonId, id))) {
        throw new DomainError("conflict", "You have no other organisation: without one you could not sign in again.");
      }
      await organisationRemoved(tx, { id, slug }, "organisation:close");
      await moveSessionsOut(tx, organisation);
      await removeOrganisation(tx, organisation);
    }),
});

export type PlatformOrganisations = ReturnType<typeof createPlatformOrganisations>;

const lock = async (tx: Tx, reference: string): Promise<PlatformOrganisation> => {
  await lockOrganisation(tx, reference);
  return getOrganisation(tx, reference);
};

const getOrganisation = async (sql: Db, reference: string): Promise<PlatformOrganisation> => {
  const organisation = await findPlatformOrganisation(sql, reference);
  if (organisation === null) throw new DomainError("not_found", "There is no such organisation.");
  return organisation;
};
