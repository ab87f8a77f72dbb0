import { Instant, PageQuery, pageOf, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { DENIAL_REASONS, RULE_EFFECTS, RULE_KINDS, RULE_ROLES } from "../sign-in-rule.ts";
import { Email, Reference, Removed } from "./nouns.ts";

export const RuleInput = z.strictObject({
  effect: z.enum(RULE_EFFECTS),
  kind: z.enum(RULE_KINDS),
  /** An address, a domain, a glob with `*` and `?`, or an RE2 expression that must match the whole address. */
  pattern: z.string().trim().min(1, "say which addresses").max(300),
  /** With a role: who proves such an address gets an account in this organisation. */
  organisation: Reference.nullable().default(null),
  role: z.enum(RULE_ROLES).nullable().default(null),
  note: z.string().trim().max(300).default(""),
});

const RuleWire = z.object({
  id: z.uuid(),
  effect: z.enum(RULE_EFFECTS),
  kind: z.enum(RULE_KINDS),
  pattern: z.string(),
  /** The slug. */
  organisation: z.string().nullable(),
  role: z.enum(RULE_ROLES).nullable(),
  note: z.string(),
  createdAt: Instant,
});

const DeniedWire = z.object({
  id: z.uuid(),
  email: z.string(),
  method: z.string(),
  address: z.string(),
  userAgent: z.string(),
  reason: z.enum(DENIAL_REASONS),
  deniedAt: Instant,
});

const RuleId = z.object({ rule: z.uuid() });

export const ruleContract = {
  list: route({
    method: "GET",
    path: "/sign-in/rules",
    action: "rule:read",
    resource: "platform",
    summary: "List the rules on who may sign in",
    input: PageQuery,
    output: pageOf(RuleWire),
  }),
  create: route({
    method: "POST",
    path: "/sign-in/rules",
    action: "rule:write",
    resource: "platform",
    summary: "Add a rule on who may sign in",
    input: RuleInput,
    output: RuleWire,
    status: 201,
  }),
  update: route({
    method: "PUT",
    path: "/sign-in/rules/{rule}",
    action: "rule:write",
    resource: "platform",
    summary: "Change a rule on who may sign in",
    input: RuleInput.extend(RuleId.shape),
    output: RuleWire,
  }),
  remove: route({
    method: "DELETE",
    path: "/sign-in/rules/{rule}",
    action: "rule:write",
    resource: "platform",
    summary: "Remove a rule on who may sign in",
    input: RuleId,
    output: Removed,
  }),
  test: route({
    method: "POST",
    path: "/sign-in/rules/test",
    action: "rule:read",
    resource: "platform",
    summary: "Say which rule decides about an address",
    input: z.strictObject({ email: Email }),
    output: z.object({
      allowed: z.boolean(),
      /** Null when no rule matches: then it is allowed unless there is a rule that allows others. */
      rule: RuleWire.nullable(),
      /** The rule that would make an account of this address, were there none. */
      registers: RuleWire.nullable(),
    }),
  }),
  denied: route({
    method: "GET",
    path: "/sign-in/denied",
    action: "rule:read",
    resource: "platform",
    summary: "List the sign-ins that were refused although who it was had proved the address, newest first",
    input: PageQuery,
    output: pageOf(DeniedWire),
  }),
};
