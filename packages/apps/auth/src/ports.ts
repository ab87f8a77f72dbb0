import type { PersonId } from "@homeport/kit/ids.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import type { Client } from "./client.ts";
import type { Mail, MailServer } from "./mail.ts";

/** The place where the server's owner finds the setup token. Every call may be repeated; one process writes. */
export interface TokenFile {
  /** Null when there is none. */
  read(): Secret | null;
  /** Puts the token where only the owner of the server can read it. */
  write(token: Secret): void;
  remove(): void;
}

export type Declared = {
  /**
   * The actions that `*` covers: those of running apps that are not dangerous. What is not among them, because its app does
   * not run or Valkey does not answer, has to be taken for dangerous.
   */
  implied: ReadonlySet<string>;
  /** All actions of running apps; null when one of these did not say, or Valkey does not answer. */
  known: ReadonlySet<string> | null;
};

/** What apps declare that can be done. */
export interface DeclaredActions {
  /** May be asked at any time, and takes bounded time. */
  read(): Promise<Declared>;
}

/** Sends mail. May be called many times at once; a mail may come twice, so sending it again must be harmless. */
export interface Mailer {
  /**
   * Resolves when the server has taken the mail over. Takes bounded time whatever the server does.
   *
   * @throws {DomainError} unavailable, when it may go another time; unprocessable, when this recipient is refused for good
   */
  send(server: MailServer, mail: Mail): Promise<void>;
}

/** Calls an address that an operator set. May be called many times at once. */
export interface Webhooks {
  /**
   * The status of the answer, whatever it is. Takes at most ten seconds, follows no redirect.
   *
   * @throws {DomainError} unavailable, when there was no answer; invalid, for an address that may not be called
   */
  post(url: string, headers: Record<string, string>, body: string): Promise<number>;
}

/**
 * A way to prove who somebody is: a password, a link in a mail; OpenID Connect, passkeys and LDAP are others. A method only
 * finds out whose address or account it is. Everything after that is the same for all of them and not theirs: sign-in
 * rules, suspension, making the account, the second factor, membership, the session.
 *
 * Order of calls: `begin` once, where the method needs one (it sends a mail, makes a challenge, or says where the browser
 * goes and what comes back from there), then `complete` with what came back. Both may run many times at once, and
 * `complete` may run in another process than `begin`: what lies between them is in the database, or signed and in the
 * browser, never in memory.
 *
 * What holds for both: they take the same time and give the same answer whether or not there is such an account. They count
 * attempts themselves (rate_limited), because only they know against what.
 */
export interface SignInMethod<Asked, Begun, Shown> {
  /** Lower-case letters, stored with sessions and refused sign-ins: `password`, `link`. Never another meaning later. */
  readonly id: string;
  /** On its button. */
  readonly label: string;
  /** `form`: asks for e-mail and password; `mail`: asks for an e-mail address, to which it sends. */
  readonly kind: "form" | "mail";
  /** Whether it is offered now: by the settings, and because it can work. When not, `begin` and `complete` refuse. */
  isOn(): boolean;
  /** @throws {DomainError} rate_limited; unavailable */
  begin(asked: Asked, client: Client): Promise<Begun>;
  /**
   * Uses up what was shown, where it is for one use: of many calls with the same at most one gets a proof. Null when it
   * proves nothing.
   *
   * @throws {DomainError} rate_limited; unavailable
   */
  complete(shown: Shown, client: Client): Promise<Proof | null>;
}

/** What a method found out. */
export type Proof = {
  /** The method's id. */
  method: string;
  /** Lower case. */
  email: string;
  /** The account, when the method knows it by itself (a password, a passkey, an identity linked before); else null. */
  personId: PersonId | null;
  /**
   * Whether it is certain that the address is theirs: a link that was opened there, `email_verified` of an issuer that is
   * trusted for it. Only such a proof finds an account by its address, or makes one.
   */
  emailVerified: boolean;
  /** For a new account; the part before the @ otherwise. */
  name?: string;
  /** As it was when a password fitted it: a proof by one that was changed since then opens nothing. */
  passwordHash?: string;
};
