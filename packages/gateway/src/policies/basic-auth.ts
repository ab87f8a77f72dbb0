import { hash, randomBytes } from "node:crypto";
import type { BasicAuth } from "@homeport/kit/registry/policy.ts";
import { log } from "../log.ts";
import { type BasicCredentials, readBasic } from "./basic-credentials.ts";
import { networkOf } from "./cidr.ts";
import { isAffordable } from "./password-hash.ts";
import { type PasswordAnswer, PasswordQueue } from "./password-queue.ts";
import type { PolicyOutcome, PolicyRequest } from "./policy-request.ts";
import type { RateLimits } from "./rate-limits.ts";
import { refuse } from "./refuse.ts";

/** Browsers send the password with every request; a hash for each would cost a core. A removed user stays this long at most. */
const VERIFIED_MS = 60_000;
const MAX_VERIFIED = 5_000;
const MAX_WARNED = 1_000;
/** Wrong passwords of one address for one host. Those that are remembered go on. */
const WRONG_PASSWORDS = { requests: 20, windowSeconds: 60 };
/** The Authorization header was for us: the upstream would take it for its own. */
const VERIFIED: PolicyOutcome = Object.freeze({ kind: "pass", dropAuthorization: true });

export type BasicAuthOptions = { now?: () => number; passwords?: PasswordQueue };

/** One password to look at: `isKnown` is false for a name that nobody has, which costs the same as one that somebody has. */
type Attempt = { scope: string; password: string; passwordHash: string; isKnown: boolean; digest: string };

/** HTTP Basic authentication (RFC 7617) of all hosts that have it. */
export class BasicAuthCheck {
  private readonly now: () => number;
  private readonly passwords: PasswordQueue;
  /** Digest of what was right -> when it has to be looked at again; the oldest first. */
  private readonly verified = new Map<string, number>();
  /** Digest -> the answer to come, for browsers that ask for ten things at once. As many as the queue has places. */
  private readonly running = new Map<string, Promise<PasswordAnswer>>();
  private readonly runningOf = new Map<string, number>();
  private readonly warned = new Set<string>();
  /** Makes the digests worthless outside of this process. */
  private readonly salt = randomBytes(16).toString("base64url");

  constructor(
    private readonly limits: RateLimits,
    { now = Date.now, passwords = new PasswordQueue() }: BasicAuthOptions = {},
  ) {
    this.now = now;
    this.passwords = passwords;
  }

  /** The check for one host. A user whose hash costs too much to verify can't come in. */
  forHost(scope: string, { realm, users }: BasicAuth): (request: PolicyRequest) => PolicyOutcome {
    const usable = users.filter(({ passwordHash }) => isAffordable(passwordHash));
    if (usable.length < users.length) this.warnOnce(scope);
    const hashes = new Map(usable.map(({ name, passwordHash }) => [name, passwordHash]));
    const decoys = [...hashes.values()];
    const challenge = `Basic realm="${realm}", charset="UTF-8"`;
    const refuseEntry = (request: PolicyRequest) =>
      refuse({ kind: "unauthenticated" }, request, [["www-authenticate", challenge]]);
    return (request) => {
      const credentials = readBasic(request.header("authorization"));
      const attempt = credentials === null ? null : this.attemptOf(scope, credentials, hashes, decoys);
      return attempt === null ? refuseEntry(request) : this.check(attempt, request, refuseEntry);
    };
  }

  /** Tables are built again and again from the same policies. */
  private warnOnce(scope: string): void {
    if (this.warned.has(scope) || this.warned.size >= MAX_WARNED) return;
    this.warned.add(scope);
    log.warn({ scope }, "a password hash of the policy costs too much to verify: its user can't come in");
  }

  private attemptOf(
    scope: string,
    { name, password }: BasicCredentials,
    hashes: ReadonlyMap<string, string>,
    decoys: readonly string[],
  ): Attempt | null {
    const known = hashes.get(name);
    const passwordHash = known ?? decoys[Number(BigInt(Bun.hash(name)) % BigInt(Math.max(1, decoys.length)))];
    if (passwordHash === undefined) return null;
    // With the hash in it, a changed password is asked for at once. None of the parts before the last has a line break.
    const digest = hash("sha256", [this.salt, scope, name, passwordHash, password].join("\n"), "base64url");
    return { scope, password, passwordHash, isKnown: known !== undefined, digest };
  }

  private check(
    attempt: Attempt,
    request: PolicyRequest,
    refuseEntry: (request: PolicyRequest) => PolicyOutcome,
  ): PolicyOutcome {
    if (this.isVerified(attempt.digest)) return VERIFIED;
    const source = `${attempt.scope} password ${networkOf(request.clientAddress)}`;
    const retryAfterSeconds = this.running.has(attempt.digest) ? null : this.waitSeconds(source);
    if (retryAfterSeconds !== null) return refuse({ kind: "rate_limited", retryAfterSeconds }, request);
    const answer = this.running.get(attempt.digest) ?? this.verify(attempt, source);
    const outcome = answer.then((said): PolicyOutcome => {
      if (said === "right") return VERIFIED;
      return said === "busy" ? refuse({ kind: "busy" }, request) : refuseEntry(request);
    });
    return { kind: "wait", outcome };
  }

  /** Null when another password may be tried from there. Those being looked at count as wrong, or all could come at once. */
  private waitSeconds(source: string): number | null {
    const { isAllowed, remaining, resetSeconds } = this.limits.peek(source, WRONG_PASSWORDS);
    if (!isAllowed) return resetSeconds;
    return remaining > (this.runningOf.get(source) ?? 0) ? null : 1;
  }

  private verify(attempt: Attempt, source: string): Promise<PasswordAnswer> {
    this.runningOf.set(source, (this.runningOf.get(source) ?? 0) + 1);
    const answer = this.passwords.verify(attempt.scope, attempt.password, attempt.passwordHash).then((said) => {
      this.running.delete(attempt.digest);
      const left = (this.runningOf.get(source) ?? 1) - 1;
      if (left === 0) this.runningOf.delete(source);
      else this.runningOf.set(source, left);
      const result = said === "right" && !attempt.isKnown ? "wrong" : said;
      if (result === "wrong") this.limits.count(source, WRONG_PASSWORDS);
      if (result === "right") this.remember(attempt.digest);
      return result;
    });
    this.running.set(attempt.digest, answer);
    return answer;
  }

  private isVerified(digest: string): boolean {
    const until = this.verified.get(digest);
    if (until === undefined) return false;
    if (this.now() < until) return true;
    this.verified.delete(digest);
    return false;
  }

  private remember(digest: string): void {
    const [oldest] = this.verified.keys();
    if (this.verified.size >= MAX_VERIFIED && oldest !== undefined) this.verified.delete(oldest);
    this.verified.set(digest, this.now() + VERIFIED_MS);
  }
}
