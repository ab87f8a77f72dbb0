import type { PolicyOutcome } from "../policies/policy-request.ts";
import type { Exchange } from "./exchange.ts";
import { RequestView } from "./request-view.ts";

/** A session that ends reaches what it opened within this and what the gate remembers, together less than 10 s. */
const RECHECK_MS = 4_000;

/** Begins to ask now and then, when a policy lets in only who is signed in: this request is open for long. */
export function recheckLater(exchange: Exchange): void {
  const { client, context, meaning } = exchange;
  if (meaning?.policy?.rules.signIn !== undefined) client.recheckAt = context.time + RECHECK_MS;
}

/** Breaks the request off when who made it may not be here any more. */
export function recheckRequest(exchange: Exchange): void {
  const { meaning, serial } = exchange;
  if (!exchange.isRunning || meaning === null || meaning.policy === null) return;
  const settle = (outcome: PolicyOutcome): void => {
    if (exchange.serial !== serial || !exchange.isRunning) return;
    if (outcome.kind === "wait") outcome.outcome.then(settle, (err: unknown) => fail(err));
    else if (outcome.kind === "pass") recheckLater(exchange);
    else exchange.relay.cut();
  };
  const fail = (err: unknown): void => {
    exchange.context.observer.caught(err);
    if (exchange.serial === serial && exchange.isRunning) exchange.relay.cut();
  };
  settle(meaning.policy.recheck(new RequestView(exchange, meaning.host.name)));
}
