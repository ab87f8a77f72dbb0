import type { RequestHead } from "../http1/request-head.ts";
import type { Pass, PolicyOutcome } from "../policies/policy-request.ts";
import type { Decision } from "../proxy.ts";
import { hstsValue } from "../tls/https-only.ts";
import type { Exchange } from "./exchange.ts";
import { RequestView } from "./request-view.ts";

/** For what a policy waits for: a password's hash, the answer of the auth app. They have shorter limits of their own. */
const POLICY_MS = 30_000;

/** Decides what is done with a request, and begins to do it: an answer of our own, or the way to a target. */
export function routeRequest(exchange: Exchange, head: RequestHead): void {
  const { client, context } = exchange;
  const meaning = client.known.meaningOf(head);
  if (meaning === null) {
    exchange.fail({ kind: "malformed", detail: "The Host header is not a host name." });
    return;
  }
  exchange.meaning = meaning;
  exchange.facts = client.known.factsFor(head, meaning);
  if (exchange.refuseTooLarge(head.contentLength)) return;
  const first = context.rules.answerFirst(head, meaning);
  if (first !== null) {
    follow(exchange, first);
    return;
  }
  if (meaning.policy === null) decide(exchange, head);
  else settle(exchange, meaning.policy.apply(new RequestView(exchange, meaning.host.name)));
}

function settle(exchange: Exchange, outcome: PolicyOutcome): void {
  switch (outcome.kind) {
    case "pass":
      pass(exchange, outcome);
      return;
    case "answer":
      exchange.relay.reply(outcome.reply);
      return;
    case "wait":
      wait(exchange, outcome.outcome);
  }
}

function wait(exchange: Exchange, outcome: Promise<PolicyOutcome>): void {
  const { client, context, serial } = exchange;
  client.waitAtMost(POLICY_MS);
  // The client may be gone, and its connection may even serve another request by now.
  const isOver = (): boolean => exchange.serial !== serial || !exchange.isRunning;
  const goOn = (settled: PolicyOutcome): void => {
    if (isOver()) return;
    context.time = context.now();
    const latest = context.rules.meaningOf(exchange.host()); // another table may be served by now
    if (latest?.policy === exchange.meaning?.policy) exchange.meaning = latest;
    settle(exchange, settled);
  };
  outcome.then(goOn).catch((err: unknown) => {
    context.observer.caught(err);
    if (!isOver()) exchange.fail({ kind: "no_upstream" });
  });
}

function pass(exchange: Exchange, { requestHeaders, responseHeaders, dropAuthorization, dropCookies }: Pass): void {
  if (requestHeaders !== undefined || dropAuthorization === true || dropCookies !== undefined) {
    exchange.dispatch.amendments = {
      headers: requestHeaders ?? [],
      dropAuthorization: dropAuthorization ?? false,
      dropCookies: dropCookies ?? [],
    };
  }
  for (const [name, value] of responseHeaders ?? []) exchange.relay.addLine(name, value);
  const hsts = exchange.meaning?.policy?.rules.hsts;
  if (hsts !== undefined && exchange.facts.scheme === "https") {
    exchange.relay.addLine("Strict-Transport-Security", hstsValue(hsts));
    exchange.relay.addsHsts = true;
  }
  decide(exchange, exchange.head());
}

function decide(exchange: Exchange, head: RequestHead): void {
  const { meaning, context } = exchange;
  if (meaning !== null) follow(exchange, context.rules.decide(head, meaning, exchange));
}

function follow(exchange: Exchange, decision: Decision): void {
  const { routes } = exchange.context;
  if (decision.kind !== "answer") {
    const live = routes.of(decision);
    exchange.count(live.stats);
    exchange.dispatch.attempt(live);
    return;
  }
  if (decision.owner !== null) {
    const { stats, counts } = routes.of(decision.owner);
    exchange.count(stats);
    counts.unserved++; // a route answers by itself only while nothing is there to answer for it
  }
  exchange.relay.reply(decision.reply);
}
