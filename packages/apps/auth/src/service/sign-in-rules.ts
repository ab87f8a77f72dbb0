import { audit } from "@homeport/kit/audit/audit.ts";
import { changes } from "@homeport/kit/audit/changes.ts";
import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import { isId, newId } from "@homeport/kit/ids.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import { actorOf, type MemberPrincipal } from "@homeport/kit/principal.ts";
import type { SignInRuleId } from "../ids.ts";
import { judge, readPattern } from "../sign-in-judgement.ts";
import {
  DENIED_KEPT_MS,
  type DeniedSignIn,
  MAX_RULES,
  type RuleEffect,
  type RuleKind,
  type RuleRole,
  type SignInRule,
  type Verdict,
} from "../sign-in-rule.ts";
import { listDenied, removeOldDenied } from "../store/denied-sign-ins.ts";
import {
  allRules,
  countRulesLocked,
  findOrganisationByReference,
  findRule,
  insertRule,
  listRules,
  removeRule,
  type StoredRule,
  updateRule,
} from "../store/sign-in-rules.ts";

export type NewRule = {
  effect: RuleEffect;
  kind: RuleKind;
  pattern: string;
  organisation: string | null;
  role: RuleRole | null;
  note: string;
};

/** Who may sign in at all, and who was refused. */
export const createSignInRules = (sql: Sql) => ({
  /** By age. */
  async list(cursor: string | undefined, limit: number): Promise<Paged<SignInRule>> {
    const after = cursor !== undefined && isId(cursor) ? (cursor as SignInRuleId) : null;
    return cutPage(await listRules(sql, after, limit + 1), limit, ({ id }) => id);
  },

  find: (id: string): Promise<SignInRule | null> =>
    isId(id) ? findRule(sql, id as SignInRuleId) : Promise.resolve(null),

  /** @throws {DomainError} invalid, at its field; forbidden; conflict, for a rule that is there, and beyond MAX_RULES */
  create: (member: MemberPrincipal, wanted: NewRule): Promise<SignInRule> =>
    sql.begin(async (tx) => {
      if ((await countRulesLocked(tx)) >= MAX_RULES) {
        throw new DomainError("conflict", `There are ${MAX_RULES} rules already. A glob can stand for many.`);
      }
      const id = newId<SignInRuleId>();
      await insertRule(tx, await toStored(tx, member, id, wanted));
      return changed(tx, member, id, null);
    }),

  /** @throws {DomainError} not_found; invalid, at its field; forbidden; conflict */
  update: (member: MemberPrincipal, id: SignInRuleId, wanted: NewRule): Promise<SignInRule> =>
    sql.begin(async (tx) => {
      const before = await findRule(tx, id, true);
      if (before === null) throw missing();
      await updateRule(tx, await toStored(tx, member, id, wanted));
      return changed(tx, member, id, before);
    }),

  /** @throws {DomainError} not_found */
  remove: (member: MemberPrincipal, id: SignInRuleId): Promise<number> =>
    sql.begin(async (tx) => {
      const before = await findRule(tx, id, true);
      if (before === null) throw new DomainError("not_found", "There is no such rule.");
      await tell(tx, member, "remove", "removed", before, null);
      return removeRule(tx, id);
    }),

  test: async (email: string): Promise<Verdict> => judge(await allRules(sql), email),

  /** Newest first. */
  async listDenied(cursor: string | undefined, limit: number): Promise<Paged<DeniedSignIn>> {
    const before = cursor !== undefined && isId(cursor) ? cursor : null;
    return cutPage(await listDenied(sql, before, limit + 1), limit, ({ id }) => id);
  },

  tidy: (now = new Date()): Promise<void> => removeOldDenied(sql, new Date(now.getTime() - DENIED_KEPT_MS)),
});

export type SignInRules = ReturnType<typeof createSignInRules>;

/** @throws {DomainError} invalid, at its field; forbidden */
const toStored = async (tx: Tx, member: MemberPrincipal, id: SignInRuleId, wanted: NewRule): Promise<StoredRule> => {
  const { effect, kind, note, organisation, role } = wanted;
  const read = readPattern(wanted);
  if ("problem" in read) throw invalid("pattern", read.problem);
  const rule = { id, effect, kind, pattern: read.pattern, note };
  if (organisation === null && role === null) return { ...rule, organisationId: null, role };
  if (organisation === null) throw invalid("organisation", "say where they get this role");
  if (role === null) throw invalid("role", "say what they become there");
  if (effect === "deny") throw invalid("organisation", "a rule that denies makes nobody a member");
  // It opens an organisation to whom its maker likes; operators run the platform and open none.
  if (member.kind === "service" || member.instanceRole !== "owner") {
    throw new DomainError("forbidden", "Only owners of the platform make rules that admit to an organisation.");
  }
  const organisationId = await findOrganisationByReference(tx, organisation);
  if (organisationId === null) throw invalid("organisation", "there is no such organisation");
  return { ...rule, organisationId, role };
};

const changed = async (
  tx: Tx,
  member: MemberPrincipal,
  id: SignInRuleId,
  before: SignInRule | null,
): Promise<SignInRule> => {
  const after = await findRule(tx, id);
  if (after === null) throw missing();
  await tell(tx, member, before === null ? "create" : "update", before === null ? "created" : "updated", before, after);
  return after;
};

const tell = async (
  tx: Tx,
  member: MemberPrincipal,
  verb: string,
  past: string,
  before: SignInRule | null,
  after: SignInRule | null,
): Promise<void> => {
  const id = (after ?? before)?.id ?? "";
  const states = changes(before === null ? null : fieldsOf(before), after === null ? null : fieldsOf(after));
  await audit(tx, {
    app: "auth",
    action: `rule:${verb}`,
    organisationId: null,
    subject: { kind: "sign-in-rule", id },
    ...states,
  });
  await emit(tx, {
    type: `auth.rule.${past}`,
    source: "auth",
    subject: id,
    data: { ruleId: id },
    actor: actorOf(member),
  });
};

const fieldsOf = ({ effect, kind, pattern, admission, note }: SignInRule) => ({
  effect,
  kind,
  pattern,
  note,
  organisation: admission?.organisationSlug ?? null,
  role: admission?.role ?? null,
});

const missing = () => new DomainError("not_found", "There is no such rule.");

const invalid = (path: string, message: string) =>
  new DomainError("invalid", `${path}: ${message}`, { issues: [{ path, message }] });
