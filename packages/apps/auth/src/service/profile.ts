import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import type { HumanPrincipal } from "@homeport/kit/principal.ts";
import type { Account } from "../account.ts";
import { findAccount, lockPerson, updateName } from "../store/accounts.ts";
import { announceAccess } from "./access-changed.ts";
import { personChanged } from "./person-changed.ts";

export const createProfiles = (sql: Sql) => ({
  /** Somebody's account as it is today. @throws {DomainError} not_found */
  async get({ personId }: HumanPrincipal): Promise<Account> {
    const account = await findAccount(sql, personId as PersonId);
    if (account === null) throw gone();
    return account;
  },

  /** @throws {DomainError} not_found */
  async rename(member: HumanPrincipal, name: string): Promise<{ id: PersonId; email: string; name: string }> {
    const id = member.personId as PersonId;
    return sql.begin(async (tx) => {
      const before = await lockPerson(tx, id);
      if (before === null) throw gone();
      if (before.name !== name) {
        await updateName(tx, id, name);
        await audit(tx, {
          app: "auth",
          action: "profile:update",
          organisationId: null,
          subject: { kind: "person", id, name },
          before: { name: before.name },
          after: { name },
        });
        await personChanged(tx, id);
        await announceAccess(tx, null, { personId: id }); // principals carry the name
      }
      return { id, email: before.email, name };
    });
  },
});

export type Profiles = ReturnType<typeof createProfiles>;

const gone = () => new DomainError("not_found", "Your account is gone.");
