import type { Id } from "@homeport/kit/ids.ts";

export type TeamId = Id<"team">;
export type ServiceAccountId = Id<"service_account">;
export type GrantId = Id<"grant">;
export type InviteId = Id<"invite">;
export type SignInRuleId = Id<"sign_in_rule">;
