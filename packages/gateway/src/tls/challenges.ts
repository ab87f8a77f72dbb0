import { DomainError } from "@homeport/kit/errors.ts";

const PREFIX = "/.well-known/acme-challenge/";
/** 128 bits of base64url are 22 characters, and no CA sends many more (RFC 8555 section 8.3). */
const TOKEN = /^[\w-]{16,256}$/;
/** The token, a dot, and the account key's SHA-256 thumbprint in base64url (RFC 8555 section 8.1). */
const KEY_AUTHORIZATION = /^([\w-]{16,256})\.[\w-]{43}$/;
/** Long enough for a CA that looks several times and from several places; forgotten ones must not stay for ever. */
const TTL_MS = 60 * 60_000;
/** Orders under way at once. Beyond it the oldest gives way: a CA that has not asked for an hour hardly will. */
const MAX_CHALLENGES = 2_000;

type Challenge = { keyAuthorization: string; expiresAt: number };

/** What a CA asks for on port 80 to see that a name is ours: HTTP-01, RFC 8555 section 8.3. In memory only. */
export class Challenges {
  private readonly byToken = new Map<string, Challenge>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  get size(): number {
    return this.byToken.size;
  }

  /**
   * Safe to repeat; the time starts anew.
   *
   * @throws {DomainError} invalid, when these are not a token and its key authorization.
   */
  put(token: string, keyAuthorization: string, ttlMs = TTL_MS): void {
    if (!TOKEN.test(token)) throw new DomainError("invalid", "The token of the challenge is not base64url.");
    if (KEY_AUTHORIZATION.exec(keyAuthorization)?.[1] !== token) {
      throw new DomainError("invalid", "The key authorization does not consist of the token and a thumbprint.");
    }
    this.byToken.delete(token); // to the end: a map keeps the order of insertion
    this.dropExpired();
    if (this.byToken.size >= MAX_CHALLENGES) this.dropOldest();
    this.byToken.set(token, { keyAuthorization, expiresAt: this.now() + ttlMs });
  }

  remove(token: string): void {
    this.byToken.delete(token);
  }

  /**
   * The body of the answer, as application/octet-stream; null when the path is no challenge or not one of ours. `path` is
   * as it came, without the query: a CA sends neither a query nor escapes.
   */
  answer(path: string): string | null {
    if (!path.startsWith(PREFIX)) return null;
    const challenge = this.byToken.get(path.slice(PREFIX.length));
    return challenge === undefined || challenge.expiresAt <= this.now() ? null : challenge.keyAuthorization;
  }

  private dropExpired(): void {
    const now = this.now();
    for (const [token, { expiresAt }] of this.byToken) if (expiresAt <= now) this.byToken.delete(token);
  }

  private dropOldest(): void {
    const oldest = this.byToken.keys().next();
    if (oldest.done !== true) this.byToken.delete(oldest.value);
  }
}
