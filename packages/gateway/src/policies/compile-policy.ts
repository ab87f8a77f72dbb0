import { PLATFORM_POLICY, type RoutePolicy } from "@homeport/kit/registry/policy.ts";
import type { Reply } from "../error-pages.ts";
import { log } from "../log.ts";
import { hstsValue, httpsLocation } from "../tls/https-only.ts";
import type { BasicAuthCheck } from "./basic-auth.ts";
import { AddressRanges } from "./cidr.ts";
import { maintenanceCheck } from "./maintenance.ts";
import {
  PASS,
  type Pass,
  type Policy,
  type PolicyOutcome,
  type PolicyRequest,
  type SignInGate,
} from "./policy-request.ts";
import { rateLimitCheck } from "./rate-limit-check.ts";
import type { RateLimits } from "./rate-limits.ts";
import { Redirects, redirectReply } from "./redirects.ts";
import { refuse } from "./refuse.ts";

export type PolicyDeps = {
  rateLimits: RateLimits;
  basicAuth: BasicAuthCheck;
  /** Null: nobody can sign in, so nobody gets to hosts that ask for it. */
  signIn: SignInGate | null;
  /** Null: the gateway does not listen with TLS, so nobody is sent there. */
  tlsPort: number | null;
};

const LOOPBACK = AddressRanges.parse(["127.0.0.0/8", "::1"]);

type Check = (request: PolicyRequest) => PolicyOutcome;
/** `hsts`: the value for answers over https. Those of upstreams get it from the data plane, in place of their own. */
type Compiled = { checks: readonly Check[]; hsts: string | null };

/** Makes one policy ready to be applied. `scope`: its host, which keys counters and passwords. */
export function compilePolicy(scope: string, rules: RoutePolicy, deps: PolicyDeps): Policy {
  const hsts = rules.hsts === undefined ? null : hstsValue(rules.hsts);
  const compiled = { checks: checksOf(scope, rules, deps), hsts };
  const { signIn } = rules;
  return {
    rules,
    apply: (request) => run(compiled, 0, request, PASS),
    recheck: signIn === undefined ? () => PASS : signInCheck(scope, signIn, deps.signIn),
  };
}

/** In the order in which they are asked: what needs no knowledge of the client first, what costs most last. */
function checksOf(scope: string, rules: RoutePolicy, { rateLimits, basicAuth, signIn, tlsPort }: PolicyDeps): Check[] {
  const checks: Check[] = [];
  if (rules.httpsOnly === true && tlsPort !== null) checks.push(httpsOnlyCheck(tlsPort, scope === PLATFORM_POLICY));
  if (rules.redirects !== undefined) checks.push(redirectsCheck(new Redirects(rules.redirects)));
  if (rules.allow !== undefined) checks.push(allowCheck(AddressRanges.parse(rules.allow)));
  if (rules.maintenance !== undefined) checks.push(maintenanceCheck(rules.maintenance));
  if (rules.rateLimit !== undefined) checks.push(rateLimitCheck(scope, rules.rateLimit, rateLimits));
  if (rules.basicAuth !== undefined) checks.push(basicAuth.forHost(scope, rules.basicAuth));
  if (rules.signIn !== undefined) checks.push(signInCheck(scope, rules.signIn, signIn));
  return checks;
}

/** On the platform's hosts this machine is let through: its own parts call each other over plain HTTP on loopback. */
const httpsOnlyCheck =
  (tlsPort: number, isPlatform: boolean): Check =>
  (request) =>
    request.scheme === "https" || (isPlatform && LOOPBACK.includes(request.clientAddress))
      ? PASS
      : { kind: "answer", reply: redirectReply(308, httpsLocation(request, tlsPort)) };

const redirectsCheck =
  (redirects: Redirects): Check =>
  (request) => {
    const reply = redirects.answer(request);
    return reply === null ? PASS : { kind: "answer", reply };
  };

const allowCheck =
  (allowed: AddressRanges): Check =>
  (request) =>
    allowed.includes(request.clientAddress) ? PASS : refuse({ kind: "forbidden" }, request);

const signInCheck =
  (scope: string, rules: NonNullable<RoutePolicy["signIn"]>, gate: SignInGate | null): Check =>
  (request) =>
    gate === null ? refuse({ kind: "sign_in_away" }, request) : gate.check(scope, rules, request);

/** Asks the checks from `start` on, until one answers or all let pass. `passed`: what those before them said. */
function run(policy: Compiled, start: number, request: PolicyRequest, passed: Pass): PolicyOutcome {
  let both = passed;
  for (let index = start; index < policy.checks.length; index++) {
    const outcome = policy.checks[index]?.(request) ?? PASS;
    if (outcome.kind === "wait") {
      return { kind: "wait", outcome: resume(outcome.outcome, policy, index + 1, request, both) };
    }
    if (outcome.kind === "answer") return { kind: "answer", reply: complete(outcome.reply, both, policy, request) };
    both = merge(both, outcome);
  }
  return both;
}

/** Never rejects: a check that fails has let nobody pass. */
async function resume(
  pending: Promise<PolicyOutcome>,
  policy: Compiled,
  next: number,
  request: PolicyRequest,
  passed: Pass,
): Promise<PolicyOutcome> {
  try {
    let outcome = await pending;
    while (outcome.kind === "wait") outcome = await outcome.outcome;
    if (outcome.kind === "answer") return { kind: "answer", reply: complete(outcome.reply, passed, policy, request) };
    const rest = run(policy, next, request, merge(passed, outcome));
    return rest.kind === "wait" ? await rest.outcome : rest;
  } catch (err) {
    log.error({ err, requestId: request.requestId }, "a policy could not be carried out");
    return refuse({ kind: "sign_in_away" }, request);
  }
}

/** An answer of ours, with the headers that every answer under this policy has. */
function complete(reply: Reply, passed: Pass, { hsts }: Compiled, { scheme }: PolicyRequest): Reply {
  const added = (passed.responseHeaders ?? []).map(([name, value]): [string, string] => [name, value]);
  if (hsts !== null && scheme === "https") added.push(["Strict-Transport-Security", hsts]);
  return added.length === 0 ? reply : { ...reply, headers: [...reply.headers, ...added] };
}

function merge(first: Pass, second: Pass): Pass {
  if (first === PASS) return second;
  if (second === PASS) return first;
  return {
    kind: "pass",
    requestHeaders: [...(first.requestHeaders ?? []), ...(second.requestHeaders ?? [])],
    responseHeaders: [...(first.responseHeaders ?? []), ...(second.responseHeaders ?? [])],
    dropAuthorization: first.dropAuthorization === true || second.dropAuthorization === true,
    dropCookies: [...(first.dropCookies ?? []), ...(second.dropCookies ?? [])],
  };
}
