import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { isId, type PersonId } from "@homeport/kit/ids.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import type { HumanPrincipal, InstanceRole } from "@homeport/kit/principal.ts";
import type { PlatformPerson } from "../account.ts";
import {
  countCredentials,
  findPlatformPerson,
  listPlatformPeople,
  lockActiveOwners,
  lockPerson,
  removeSecondFactor,
  updateInstanceRole,
  updateSuspension,
} from "../store/accounts.ts";
import { removeAllSessions } from "../store/sessions.ts";
import { removeUnfinished } from "../store/sign-in-people.ts";
import { announceAccess } from "./access-changed.ts";
import { secondFactorReset } from "./account-mails.ts";
import { refuseLastOwner } from "./last-owner.ts";
import type { Mails } from "./mails.ts";
import { personChanged } from "./person-changed.ts";

type Wanted = { search?: string | undefined; cursor?: string | undefined; limit: number };

/** Everybody on the platform, as those who run it see and change them. */
export const createPlatformPeople = (sql: Sql, mails: Mails) => {
  const get = async (personId: PersonId): Promise<PlatformPerson> => {
    const person = await findPlatformPerson(sql, personId);
    if (person === null) throw missing();
    return person;
  };

  return {
    /** Newest first. @throws {DomainError} invalid, for a cursor that no page gave */
    async list({ search = "", cursor, limit }: Wanted): Promise<Paged<PlatformPerson>> {
      if (cursor !== undefined && !isId(cursor)) throw new DomainError("invalid", "cursor: no page gave this.");
      const before = (cursor ?? null) as PersonId | null;
      const found = await listPlatformPeople(sql, search, before, limit + 1);
      return cutPage(found, limit, ({ id }) => id);
    },

    /** @throws {DomainError} not_found */
    get,

    /** @throws {DomainError} not_found */
    async getWithCredentials(personId: PersonId) {
      const [person, counts] = await Promise.all([get(personId), countCredentials(sql, personId)]);
      return { ...person, ...counts };
    },

    /**
     * Ends their sessions, and lets no token of theirs in until they are resumed.
     *
     * @throws {DomainError} not_found; conflict, for oneself and for the last owner
     */
    async suspend(by: HumanPrincipal, personId: PersonId, reason?: string): Promise<PlatformPerson> {
      if (by.personId === personId) throw new DomainError("conflict", "You cannot suspend yourself.");
      await sql.begin(async (tx) => {
        refuseLastOwner(await lockActiveOwners(tx), personId);
        const person = await lock(tx, personId);
        if (person.suspendedAt !== null) return;
        const suspendedAt = new Date();
        await updateSuspension(tx, personId, suspendedAt);
        await removeAllSessions(tx, personId);
        await removeUnfinished(tx, personId);
        const after = { suspendedAt };
        await told(
          tx,
          "person:suspend",
          { id: personId, name: person.name },
          {
            before: { suspendedAt: null },
            after,
            ...(reason ? { reason } : {}),
          },
        );
      });
      return get(personId);
    },

    /** @throws {DomainError} not_found */
    async resume(personId: PersonId): Promise<PlatformPerson> {
      await sql.begin(async (tx) => {
        const { suspendedAt, name } = await lock(tx, personId);
        if (suspendedAt === null) return;
        await updateSuspension(tx, personId, null);
        await told(
          tx,
          "person:resume",
          { id: personId, name },
          { before: { suspendedAt }, after: { suspendedAt: null } },
        );
      });
      return get(personId);
    },

    /** @throws {DomainError} not_found; conflict, for the last owner */
    async setInstanceRole(personId: PersonId, instanceRole: InstanceRole | null): Promise<PlatformPerson> {
      await sql.begin(async (tx) => {
        const owners = await lockActiveOwners(tx);
        const before = await lock(tx, personId);
        if (before.instanceRole === instanceRole) return;
        if (instanceRole !== "owner") refuseLastOwner(owners, personId);
        await updateInstanceRole(tx, personId, instanceRole);
        const was = { instanceRole: before.instanceRole };
        await told(tx, "person:promote", { id: personId, name: before.name }, { before: was, after: { instanceRole } });
      });
      return get(personId);
    },

    /** For who lost theirs; they are told by mail. How many went: one or none. @throws {DomainError} not_found */
    resetSecondFactor: (personId: PersonId): Promise<number> =>
      sql.begin(async (tx) => {
        const { email, name } = await lock(tx, personId);
        if (!(await removeSecondFactor(tx, personId))) return 0;
        await mails.notify(tx, { to: email, ...secondFactorReset });
        await told(
          tx,
          "person:reset",
          { id: personId, name },
          {
            before: { hasAuthenticator: true },
            after: { hasAuthenticator: false },
          },
        );
        return 1;
      }),

    /** How many sessions ended. @throws {DomainError} not_found */
    signOut: (personId: PersonId): Promise<number> =>
      sql.begin(async (tx) => {
        const { name } = await lock(tx, personId);
        const sessionCount = await removeAllSessions(tx, personId);
        await removeUnfinished(tx, personId);
        if (sessionCount > 0) {
          await told(
            tx,
            "person:sign-out",
            { id: personId, name },
            { before: { sessionCount }, after: { sessionCount: 0 } },
          );
        }
        return sessionCount;
      }),
  };
};

export type PlatformPeople = ReturnType<typeof createPlatformPeople>;

type Change = { before: Record<string, unknown>; after: Record<string, unknown>; reason?: string };

/** What a change of this kind always needs: an entry in the log, an event, and everybody asking anew who may what. */
const told = async (tx: Tx, action: string, person: { id: PersonId; name: string }, change: Change): Promise<void> => {
  await audit(tx, { app: "auth", action, organisationId: null, subject: { kind: "person", ...person }, ...change });
  await personChanged(tx, person.id);
  await announceAccess(tx, null, { personId: person.id });
};

const lock = async (tx: Tx, personId: PersonId) => {
  const person = await lockPerson(tx, personId);
  if (person === null) throw missing();
  return person;
};

const missing = () => new DomainError("not_found", "There is no such person.");
