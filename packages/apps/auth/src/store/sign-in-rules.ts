import type { Db } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import type { SignInRuleId } from "../ids.ts";
import { MAX_RULES, type RuleRole, type SignInRule } from "../sign-in-rule.ts";

type Row = Omit<SignInRule, "admission"> & {
  organisationId: OrganisationId | null;
  organisationSlug: string | null;
  role: RuleRole | null;
};

/** A rule as it is written: where it registers is the organisation's id. */
export type StoredRule = Omit<SignInRule, "admission" | "createdAt"> & {
  organisationId: OrganisationId | null;
  role: RuleRole | null;
};

const columns = (sql: Db) => sql`
  r.id, r.effect, r.kind, r.pattern, r.note, r.created_at as "createdAt", r.organisation_id as "organisationId",
  o.slug as "organisationSlug", r.role`;

const toRule = ({ organisationId, organisationSlug, role, ...rule }: Row): SignInRule => ({
  ...rule,
  admission:
    organisationId === null || organisationSlug === null || role === null
      ? null
      : { organisationId, organisationSlug, role },
});

const sameRule = dbError({ sign_in_rules_pattern_key: "There is such a rule already." });

export const insertRule = async (sql: Db, rule: StoredRule): Promise<void> => {
  await sql`
    insert into auth.sign_in_rules (id, effect, kind, pattern, organisation_id, role, note)
    values (${rule.id}, ${rule.effect}, ${rule.kind}, ${rule.pattern}, ${rule.organisationId}, ${rule.role},
      ${rule.note})`.catch(sameRule);
};

export const updateRule = async (sql: Db, rule: StoredRule): Promise<void> => {
  await sql`
    update auth.sign_in_rules
    set effect = ${rule.effect}, kind = ${rule.kind}, pattern = ${rule.pattern},
      organisation_id = ${rule.organisationId}, role = ${rule.role}, note = ${rule.note}
    where id = ${rule.id}`.catch(sameRule);
};

export const removeRule = async (sql: Db, id: SignInRuleId): Promise<number> => {
  const rows = await sql`delete from auth.sign_in_rules where id = ${id} returning id`;
  return rows.length;
};

/** Within a transaction it stays as it is. */
export const findRule = async (sql: Db, id: SignInRuleId, lock = false): Promise<SignInRule | null> => {
  const [row] = await sql<Row[]>`
    select ${columns(sql)}
    from auth.sign_in_rules r
    left join auth.organisations o on o.id = r.organisation_id
    where r.id = ${id}
    ${lock ? sql`for update of r` : sql``}`;
  return row === undefined ? null : toRule(row);
};

/** All of them: each sign-in is judged by all. */
export const allRules = async (sql: Db): Promise<SignInRule[]> => {
  const rows = await sql<Row[]>`
    select ${columns(sql)}
    from auth.sign_in_rules r
    left join auth.organisations o on o.id = r.organisation_id
    order by r.id
    limit ${MAX_RULES}`;
  return rows.map(toRule);
};

/** By age, after the rule `after`. */
export const listRules = async (sql: Db, after: SignInRuleId | null, limit: number): Promise<SignInRule[]> => {
  const rows = await sql<Row[]>`
    select ${columns(sql)}
    from auth.sign_in_rules r
    left join auth.organisations o on o.id = r.organisation_id
    where ${after}::uuid is null or r.id > ${after}
    order by r.id
    limit ${limit}`;
  return rows.map(toRule);
};

/** How many rules there are. Within the transaction nobody else adds one in this way. */
export const countRulesLocked = async (tx: Db): Promise<number> => {
  await tx`lock table auth.sign_in_rules in share row exclusive mode`;
  const [row] = await tx<[{ count: number }]>`select count(*)::int as count from auth.sign_in_rules`;
  return row.count;
};

export const findOrganisationByReference = async (sql: Db, reference: string): Promise<OrganisationId | null> => {
  const [row] = await sql<{ id: OrganisationId }[]>`
    select id from auth.organisations where slug = ${reference} or id::text = ${reference.toLowerCase()}`;
  return row?.id ?? null;
};
