import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { isUniqueViolation } from "@homeport/kit/db/errors.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { PersonId } from "@homeport/kit/ids.ts";
import type { HumanPrincipal } from "@homeport/kit/principal.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import { EMAIL_CHANGE_MS, MAX_EMAIL_CHANGES } from "../account.ts";
import { isEmailTaken, lockPerson, updateEmail } from "../store/accounts.ts";
import {
  findEmailChange,
  putEmailChange,
  removeEmailChange,
  removeEndedEmailChanges,
  spendEmailChange,
} from "../store/email-changes.ts";
import { hashToken, newOpaqueToken } from "../token.ts";
import { announceAccess } from "./access-changed.ts";
import { emailChanged, emailChangeLink, emailChangeNotice, emailTakenNotice } from "./account-mails.ts";
import { createAttempts, tooMany } from "./attempts.ts";
import type { Mails } from "./mails.ts";
import { personChanged } from "./person-changed.ts";

/** Links in mails lead to the platform's own address, never to one that a request named. */
export type Links = { confirmEmail(token: Secret): string; signIn(): string };

/** Another e-mail address for an account: it is asked for here, and proved by a link that is sent there. */
export const createEmailChanges = (sql: Sql, mails: Mails, links: Links) => ({
  /**
   * Sends the link. When the address is somebody's already the answer is the same, and they are told instead. The address
   * of now can be proved in this way, too, as long as it is not.
   *
   * @throws {DomainError} conflict, without mail; invalid, for the address of now once it is proved; rate_limited
   */
  async ask(member: HumanPrincipal, email: string): Promise<void> {
    mails.refuseUnlessSetUp();
    const personId = member.personId as PersonId;
    await takeTurn(sql, personId);
    const token = newOpaqueToken();
    await sql.begin(async (tx) => {
      const person = await lockPerson(tx, personId);
      if (person === null) throw new DomainError("not_found", "Your account is gone.");
      const isOwn = person.email === email;
      if (isOwn && person.emailVerifiedAt !== null) throw sameAddress();
      if (!isOwn && (await isEmailTaken(tx, email))) {
        await removeEmailChange(tx, personId);
        await mails.enqueue(tx, { to: email, ...emailTakenNotice(links.signIn()) });
      } else {
        const expiresAt = new Date(Date.now() + EMAIL_CHANGE_MS);
        await putEmailChange(tx, { personId, email, tokenHash: hashToken(token), expiresAt });
        await mails.enqueue(tx, { to: email, ...emailChangeLink(links.confirmEmail(token), person.name) });
      }
      if (!isOwn) await mails.enqueue(tx, { to: person.email, ...emailChangeNotice(email) });
      await auditChange(tx, "account:change-email", personId, { email: person.email }, { asked: email });
    });
  },

  /** The address that a link is for; null when it does not work (any more). */
  find: (token: Secret): Promise<{ email: string } | null> => findEmailChange(sql, hashToken(token)),

  /** Makes the address theirs, once. @throws {DomainError} gone */
  async confirm(token: Secret): Promise<{ email: string }> {
    try {
      return await sql.begin((tx) => confirmIn(tx, mails, token));
    } catch (err) {
      // Somebody else got the address since it was asked for. Who has this link need not learn of that.
      if (isUniqueViolation(err, "people_email_key")) throw linkOver();
      throw err;
    }
  },

  tidy: (): Promise<void> => removeEndedEmailChanges(sql),
});

const CONFIRM = "account:confirm-email";

export type EmailChanges = ReturnType<typeof createEmailChanges>;

const confirmIn = async (tx: Tx, mails: Mails, token: Secret): Promise<{ email: string }> => {
  const hash = hashToken(token);
  const found = await findEmailChange(tx, hash);
  const before = found === null ? null : await lockPerson(tx, found.personId); // first, as by who asks
  const change = before === null || before.suspendedAt !== null ? null : await spendEmailChange(tx, hash);
  if (change === null || before === null) throw linkOver();
  const { personId, email } = change;
  await updateEmail(tx, personId, email);
  if (before.email !== email) await mails.notify(tx, { to: before.email, ...emailChanged(email) });
  await auditChange(tx, CONFIRM, personId, { email: before.email }, { email });
  await personChanged(tx, personId);
  await announceAccess(tx, null, { personId });
  return { email };
};

/** @throws {DomainError} rate_limited */
const takeTurn = async (sql: Sql, personId: PersonId): Promise<void> => {
  const wait = await createAttempts(sql).count(`email-change:${personId}`, MAX_EMAIL_CHANGES, EMAIL_CHANGE_MS);
  if (wait !== null) throw tooMany("changes of your e-mail address", wait);
};

const auditChange = (
  tx: Tx,
  action: string,
  personId: PersonId,
  before: Record<string, string>,
  after: Record<string, string>,
): Promise<void> =>
  audit(tx, {
    app: "auth",
    action,
    organisationId: null,
    subject: { kind: "person", id: personId },
    before,
    after,
    ...(action === CONFIRM ? { actor: { kind: "person", id: personId, credential: null } } : {}), // by the link alone
  });

const sameAddress = () =>
  new DomainError("invalid", "This is your address already.", {
    issues: [{ path: "email", message: "this is your address already" }],
  });

const linkOver = () => new DomainError("gone", "This link does not work any more. Ask for the change once more.");
