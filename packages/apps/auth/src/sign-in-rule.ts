import type { OrganisationId } from "@homeport/kit/ids.ts";
import type { Role } from "@homeport/kit/principal.ts";
import type { SignInRuleId } from "./ids.ts";

export const RULE_EFFECTS = ["allow", "deny"] as const;
export const RULE_KINDS = ["email", "domain", "glob", "regex"] as const;
/** Nobody becomes an owner by a rule. */
export const RULE_ROLES = [
  "admin",
  "auditor",
  "deployer",
  "developer",
  "viewer",
  "member",
] as const satisfies readonly Role[];
export type RuleEffect = (typeof RULE_EFFECTS)[number];
export type RuleKind = (typeof RULE_KINDS)[number];
export type RuleRole = (typeof RULE_ROLES)[number];

/** All are looked at for each sign-in. */
export const MAX_RULES = 500;
export const MAX_PATTERN = 300;

/** Where a rule registers people: who proves an address that it allows gets an account there. */
export type Admission = { organisationId: OrganisationId; organisationSlug: string; role: RuleRole };

export type SignInRule = {
  id: SignInRuleId;
  effect: RuleEffect;
  kind: RuleKind;
  pattern: string;
  /** Null for a rule that makes no accounts. */
  admission: Admission | null;
  note: string;
  createdAt: Date;
};

/** Why somebody who had proved an address did not get in. */
export const DENIAL_REASONS = ["rule", "not_invited", "suspended", "no_organisation"] as const;
export type DenialReason = (typeof DENIAL_REASONS)[number];

export type DeniedSignIn = {
  id: string;
  email: string;
  method: string;
  address: string;
  userAgent: string;
  reason: DenialReason;
  deniedAt: Date;
};

/** The newest are kept, for so long. */
export const MAX_DENIED = 10_000;
export const DENIED_KEPT_MS = 30 * 24 * 3_600_000;

export type Verdict = {
  allowed: boolean;
  /** The rule that decides; null when none matches. */
  rule: SignInRule | null;
  /** The rule that would make an account of the address, were there none. */
  registers: SignInRule | null;
};
