import { type CallContext, memberOf } from "@homeport/kit/http/context.ts";
import { type Actor, actorOf } from "../actor.ts";

/** Who asks for a change, and what they may do. */
export type Caller = { actor: Actor; may: CallContext["may"] };

/** @throws {DomainError} forbidden, for parts of the platform */
export const callerOf = (context: Pick<CallContext, "principal" | "may">): Caller => ({
  actor: actorOf(memberOf(context)),
  may: context.may,
});
