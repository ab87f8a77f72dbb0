import type { GateAnswer, GateCredential } from "@homeport/kit/gate.ts";
import { Secret } from "@homeport/kit/secret.ts";
import type { Reply } from "../src/error-pages.ts";
import { CachedSessionCheck } from "../src/policies/cached-session-check.ts";
import type { Pass, PolicyOutcome, PolicyRequest } from "../src/policies/policy-request.ts";
import type { SessionCheck, ShownTicket } from "../src/policies/session-check.ts";
import { PlatformSignIn } from "../src/policies/sign-in.ts";
import { type RequestParts, requestOf, settled } from "./policy-request.ts";

export const APP_SECRET = new Secret("an app secret of thirty-two characters");
export const HOST = "shop-demo.apps.example";
export const SCOPE = "*.apps.example";
export const ADA: GateAnswer = {
  kind: "welcome",
  visitor: { personId: "0199f000-0000-7000-8000-00000000ada0", email: "ada@example.com", name: "Ada Lovelace" },
};

/** A request as a browser makes it for a page, unless told otherwise. */
export const policyRequest = ({ headers, ...parts }: RequestParts = {}): PolicyRequest =>
  requestOf({
    hostName: HOST,
    authority: HOST,
    scheme: "https",
    ...parts,
    headers: { accept: "text/html,*/*;q=0.8", ...headers },
  });

/** In place of the auth app: says what it is told to say, and counts. */
export class AuthStandIn implements SessionCheck {
  answer: GateAnswer = ADA;
  isAway = false;
  checks: { credential: GateCredential; organisationId: string | null }[] = [];
  tickets = new Map<string, string>();
  shown: ShownTicket[] = [];

  async check(credential: GateCredential, organisationId: string | null): Promise<GateAnswer> {
    this.checks.push({ credential, organisationId });
    if (this.isAway) throw new Error("away");
    return this.answer;
  }

  async redeem(shown: ShownTicket): Promise<string | null> {
    this.shown.push(shown);
    if (this.isAway) throw new Error("away");
    const sessionId = this.tickets.get(shown.ticket) ?? null;
    this.tickets.delete(shown.ticket);
    return sessionId;
  }
}

/** A gate with a clock that stands until it is moved. */
export function gateStandIn(appUrl = "https://home.example") {
  const auth = new AuthStandIn();
  const clock = { ms: Date.UTC(2026, 0, 1) };
  const gate = new PlatformSignIn({
    appSecret: APP_SECRET,
    address: { appUrl: new URL(appUrl), ports: () => ({ http: 3000, https: 3443 }) },
    auth,
    checks: new CachedSessionCheck(auth, () => clock.ms),
    now: () => new Date(clock.ms),
  });
  return { auth, clock, gate };
}

export async function answerOf(outcome: PolicyOutcome): Promise<Reply & { header(name: string): string | null }> {
  const end = await settled(outcome);
  if (end.kind !== "answer") throw new Error("The request was let through.");
  const { reply } = end;
  return { ...reply, header: (name) => reply.headers.find(([each]) => each === name)?.[1] ?? null };
}

export async function passOf(outcome: PolicyOutcome): Promise<Pass> {
  const end = await settled(outcome);
  if (end.kind !== "pass") throw new Error(`The request was answered: ${end.reply.status} ${end.reply.body}`);
  return end;
}

/** The cookies of Set-Cookie headers as a browser sends them back. */
export function cookiesOf(reply: Reply): string {
  return reply.headers.flatMap(([name, value]) => (name === "set-cookie" ? [value.split(";")[0]] : [])).join("; ");
}
