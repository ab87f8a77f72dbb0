import { type CallContext, memberOf, memberScope, type Scope } from "@homeport/kit/http/context.ts";
import type { MemberPrincipal } from "@homeport/kit/principal.ts";

/** Who changes something in their organisation, and which rows of it they may touch. */
export type Caller = { member: MemberPrincipal; scope: Scope };

/** @throws {DomainError} forbidden, for who is no member */
export const callerOf = (context: Pick<CallContext, "principal" | "scope">): Caller => ({
  member: memberOf(context),
  scope: memberScope(context),
});
