import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import { newId } from "@homeport/kit/ids.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import { actorOf } from "@homeport/kit/principal.ts";
import type { ServiceAccountId } from "../ids.ts";
import { MAX_SERVICE_ACCOUNTS, type ServiceAccount, type ServiceAccountRole } from "../service-account.ts";
import {
  countServiceAccounts,
  findServiceAccount,
  insertServiceAccount,
  listServiceAccounts,
  removeServiceAccount,
  updateServiceAccount,
} from "../store/service-accounts.ts";
import { announceAccess } from "./access-changed.ts";
import type { Caller } from "./caller.ts";
import { lockMembershipsFor } from "./membership-locks.ts";
import { record } from "./record.ts";
import { refuseNarrowToken } from "./token-scopes.ts";

export type NewServiceAccount = Pick<ServiceAccount, "slug" | "description" | "role">;
export type ServiceAccountChange = { description?: string | undefined; role?: ServiceAccountRole | undefined };

/** Only owners and admins get here, and a service account is never an owner: so nobody gives more than they have. */
export const createServiceAccounts = (sql: Sql) => ({
  /** By slug, after the slug in `cursor`. */
  async list(scope: Scope, cursor: string, limit: number): Promise<Paged<ServiceAccount>> {
    return cutPage(await listServiceAccounts(sql, scope, cursor, limit + 1), limit, ({ slug }) => slug);
  },

  /** @throws {DomainError} forbidden, by a token that is narrowed; conflict, for a slug that is taken and beyond the limit */
  create: (caller: Caller, wanted: NewServiceAccount): Promise<ServiceAccount> =>
    sql.begin(async (tx) => {
      const { member, scope } = caller;
      refuseNarrowToken(member, "make a service account");
      await lockMembershipsFor(tx, caller);
      if ((await countServiceAccounts(tx, scope)) >= MAX_SERVICE_ACCOUNTS) {
        throw new DomainError("conflict", `An organisation has at most ${MAX_SERVICE_ACCOUNTS} service accounts.`);
      }
      const id = newId<ServiceAccountId>();
      await insertServiceAccount(tx, scope, { id, ...wanted });
      const account = await getServiceAccount(tx, scope, id);
      await recordAccount(tx, caller, account, "create", null, valuesOf(account));
      return account;
    }),

  /** @throws {DomainError} forbidden, by a token that is narrowed; not_found */
  update: (caller: Caller, { id }: ServiceAccount, change: ServiceAccountChange): Promise<ServiceAccount> =>
    sql.begin(async (tx) => {
      const { member, scope } = caller;
      if (change.role !== undefined) refuseNarrowToken(member, "give a service account a role");
      await lockMembershipsFor(tx, caller);
      const before = await getServiceAccount(tx, scope, id);
      const { description = before.description, role = before.role } = change;
      const after = { ...before, description, role };
      await updateServiceAccount(tx, before, after);
      if (role !== before.role) await announceAccess(tx, scope.organisationId, { serviceAccountId: id });
      await recordAccount(tx, caller, after, "update", valuesOf(before), valuesOf(after));
      return after;
    }),

  /** With its tokens and its roles in projects; 0 when it was gone. */
  remove: (caller: Caller, account: ServiceAccount): Promise<number> =>
    sql.begin(async (tx) => {
      await lockMembershipsFor(tx, caller);
      const removed = await removeServiceAccount(tx, account);
      if (removed === 0) return 0;
      await announceAccess(tx, account.organisationId, { serviceAccountId: account.id });
      await recordAccount(tx, caller, account, "remove", valuesOf(account), null);
      return removed;
    }),
});

export type ServiceAccounts = ReturnType<typeof createServiceAccounts>;

const getServiceAccount = async (tx: Tx, scope: Scope, id: ServiceAccountId): Promise<ServiceAccount> => {
  const found = await findServiceAccount(tx, scope, id);
  if (found === null) throw new DomainError("not_found", "There is no such service account.");
  return found;
};

const valuesOf = ({ slug, description, role }: ServiceAccount) => ({ slug, description, role });

type Values = ReturnType<typeof valuesOf> | null;

const recordAccount = (
  tx: Tx,
  { member }: Caller,
  { id, organisationId, slug, role }: ServiceAccount,
  verb: "create" | "update" | "remove",
  before: Values,
  after: Values,
): Promise<void> =>
  record(tx, {
    action: `service-account:${verb}`,
    event: `auth.service-account.${verb}d`,
    organisationId,
    subject: { kind: "service-account", id, name: slug },
    actor: actorOf(member),
    before,
    after,
    data: { serviceAccountId: id, slug, role },
  });
