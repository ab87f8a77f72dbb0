import { deriveKey } from "@homeport/kit/crypto.ts";
import {
  GATE_PAGE,
  GATE_REQUEST_MS,
  GATE_RETURN,
  type GateCredential,
  type GateRequest,
  gateRequestKey,
  gateReturnPath,
} from "@homeport/kit/gate.ts";
import { PLATFORM_POLICY } from "@homeport/kit/registry/policy.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import { signClaims } from "@homeport/kit/signed-claims.ts";
import { renderFailure } from "../error-pages.ts";
import { isForeignWrite, isPageVisit } from "./browser-request.ts";
import type { CachedSessionCheck, CheckAnswer } from "./cached-session-check.ts";
import { PASS, type PolicyOutcome, type PolicyRequest, type SignInGate } from "./policy-request.ts";
import { type PublicAddress, publicOrigin } from "./public-origin.ts";
import { redirectReply } from "./redirects.ts";
import { refuse } from "./refuse.ts";
import type { SessionCheck } from "./session-check.ts";
import {
  GATE_COOKIES,
  gateCookieFor,
  newState,
  readGateCookie,
  readState,
  stateCookieFor,
  stateHash,
} from "./sign-in-cookies.ts";
import { visitorHeaders } from "./visitor-headers.ts";

export type SignInOptions = {
  appSecret: Secret;
  address: PublicAddress;
  auth: SessionCheck;
  checks: CachedSessionCheck;
  /** The wall clock. */
  now?: () => Date;
};

/** What a request is about: the place it wants to enter, and who may. */
type Visit = { host: string; scope: string; organisationId: string | null; request: PolicyRequest };

const API_TOKEN = /^Bearer +(hp_\S{1,200})$/i;
const MAX_TICKET = 2_048;

/**
 * Sign-in with the platform in front of a tenant's host. Browsers without a cookie of this host go to the platform, which
 * sends them back with a ticket; the ticket becomes a cookie that names the platform's session, and each request asks
 * (or remembers for 5 s) whether that session may still pass. kit's gate.ts has the other half.
 */
export class PlatformSignIn implements SignInGate {
  private readonly cookieKey: Buffer;
  private readonly requestKey: Buffer;
  private readonly now: () => Date;

  constructor(private readonly options: SignInOptions) {
    this.cookieKey = deriveKey(options.appSecret, "gate cookie");
    this.requestKey = gateRequestKey(options.appSecret);
    this.now = options.now ?? (() => new Date());
  }

  check(scope: string, rules: { organisationId?: string | undefined }, request: PolicyRequest): PolicyOutcome {
    if (scope === PLATFORM_POLICY) return PASS; // it signs people in itself: a gate before that page would never open
    const visit = { host: request.hostName, scope, organisationId: rules.organisationId ?? null, request };
    const [path, query] = splitQuery(request.target);
    if (path === GATE_RETURN && request.method === "GET") return this.comeBack(visit, new URLSearchParams(query));
    const token = API_TOKEN.exec(request.header("authorization") ?? "")?.[1];
    if (token !== undefined) return this.ask({ kind: "token", value: token }, visit);
    const sessionId = this.sessionOf(visit);
    if (sessionId === null) return this.challenge(visit);
    return isForeignWrite(request)
      ? refuse({ kind: "foreign_origin" }, request)
      : this.ask({ kind: "session", sessionId }, visit);
  }

  private ask(credential: GateCredential, visit: Visit): PolicyOutcome {
    const answer = this.options.checks.ask(credential, visit.organisationId);
    if (!(answer instanceof Promise)) return this.decide(answer, credential, visit);
    return { kind: "wait", outcome: answer.then((settled) => this.decide(settled, credential, visit)) };
  }

  private decide(answer: CheckAnswer, credential: GateCredential, visit: Visit): PolicyOutcome {
    const { request, organisationId } = visit;
    const isToken = credential.kind === "token";
    switch (answer.kind) {
      case "welcome":
        return {
          kind: "pass",
          requestHeaders: visitorHeaders(answer.visitor, organisationId),
          dropCookies: GATE_COOKIES,
          dropAuthorization: isToken,
        };
      case "stranger":
        return isToken ? signInNeeded(request) : this.challenge(visit);
      case "refused":
        // The platform's page says who they are signed in as, and how to be somebody else.
        return !isToken && isPageVisit(request) ? this.challenge(visit) : refuse({ kind: "sign_in_refused" }, request);
      case "unknown":
        return refuse({ kind: "sign_in_away" }, request);
    }
  }

  /** Sends a browser to the platform. Everything else could not sign in there, and is told so. */
  private challenge({ host, scope, organisationId, request }: Visit): PolicyOutcome {
    if (!isPageVisit(request)) return signInNeeded(request);
    const { address } = this.options;
    const { scheme } = request;
    // Kept when there is one: several pages may be on their way at once.
    const state = readState(request.header("cookie"), scheme) ?? newState();
    const gate: GateRequest = {
      host,
      scope,
      organisationId,
      origin: publicOrigin(request, address),
      state: stateHash(state),
    };
    const signed = signClaims(this.requestKey, gate, new Date(this.now().getTime() + GATE_REQUEST_MS));
    const query = new URLSearchParams({ host, return: gateReturnPath(request.target), request: signed });
    return seeOther(`${address.appUrl.origin}${GATE_PAGE}?${query}`, [stateCookieFor(state, scheme, GATE_REQUEST_MS)]);
  }

  /** A browser comes back from the platform with a ticket. */
  private comeBack(visit: Visit, query: URLSearchParams): PolicyOutcome {
    const { host, scope, request } = visit;
    const ticket = query.get("ticket") ?? "";
    const path = gateReturnPath(query.get("return"));
    const state = readState(request.header("cookie"), request.scheme);
    if (ticket === "" || ticket.length > MAX_TICKET || state === null) return this.unfinished(visit, path);
    const redeemed = this.options.auth.redeem({ ticket, host, scope, state: stateHash(state) });
    return {
      kind: "wait",
      outcome: redeemed.then(
        (sessionId) => (sessionId === null ? this.unfinished(visit, path) : this.letIn(sessionId, visit, path)),
        () => refuse({ kind: "sign_in_away" }, request),
      ),
    };
  }

  private letIn(sessionId: string, { host, scope, organisationId, request }: Visit, path: string): PolicyOutcome {
    this.options.checks.forget(sessionId, organisationId);
    return seeOther(path, [gateCookieFor(this.cookieKey, sessionId, request.scheme, { host, scope }, this.now())]);
  }

  /** A ticket that is used, late, or another browser's. Who is in already (Back, a second tab) just goes on. */
  private unfinished(visit: Visit, path: string): PolicyOutcome {
    if (this.sessionOf(visit) !== null) return seeOther(path, []);
    return refuse({ kind: "sign_in_unfinished", path }, visit.request);
  }

  private sessionOf({ host, scope, request }: Visit): string | null {
    return readGateCookie(this.cookieKey, request.header("cookie"), request.scheme, { host, scope }, this.now());
  }
}

/** For a gateway that was started without APP_SECRET: what asks for a sign-in lets nobody in. */
export const CLOSED_SIGN_IN: SignInGate = {
  check: (scope, _rules, request) => (scope === PLATFORM_POLICY ? PASS : refuse({ kind: "sign_in_away" }, request)),
};

/** Never a page: whoever could use one was sent to the platform. */
function signInNeeded(request: PolicyRequest): PolicyOutcome {
  const reply = renderFailure({ kind: "sign_in_needed" }, null, request.requestId);
  reply.headers.push(["www-authenticate", 'Bearer realm="Homeport"']); // RFC 9110 section 15.5.2 wants one
  return { kind: "answer", reply };
}

function seeOther(location: string, cookies: readonly string[]): PolicyOutcome {
  const reply = redirectReply(303, location);
  reply.headers.push(["cache-control", "no-store"], ["referrer-policy", "no-referrer"]);
  for (const cookie of cookies) reply.headers.push(["set-cookie", cookie]);
  return { kind: "answer", reply };
}

function splitQuery(target: string): [path: string, query: string] {
  const at = target.indexOf("?");
  return at === -1 ? [target, ""] : [target.slice(0, at), target.slice(at + 1)];
}
