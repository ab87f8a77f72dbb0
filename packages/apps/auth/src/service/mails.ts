import { audit } from "@homeport/kit/audit/audit.ts";
import { afterCommit, type Sql, type Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { newId } from "@homeport/kit/ids.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import { leaseLoop } from "@homeport/kit/lease/lease-loop.ts";
import { log } from "../log.ts";
import {
  KEPT_AFTER_FAILURE_MS,
  MAX_ATTEMPTS,
  type Mail,
  type MailId,
  type MailServer,
  mailPlace,
  packMail,
  unpackMail,
  waitAfter,
} from "../mail.ts";
import type { Mailer } from "../ports.ts";
import type { ReadSetting } from "../settings.ts";
import {
  type ClaimedMail,
  claimMails,
  giveMailUp,
  insertMail,
  postponeMail,
  removeMail,
  removeMailsBefore,
} from "../store/mails.ts";

/** Backstop: mails of another process, and those that wait after a failed try. */
const LOOK_EVERY_MS = 30_000;
const AT_ONCE = 2;

/** The senders of this process, woken when a mail was written. */
const senders = new Set<() => void>();

/**
 * Puts a mail on its way with the rest of the transaction: it is sent if that commits, and tried again for about a day.
 *
 * @throws {DomainError} unavailable, when as many wait as may
 */
export const enqueueMail = async (tx: Tx | Sql, keys: Keyring, mail: Mail): Promise<void> => {
  if (await queueMail(tx, keys, mail)) return;
  throw new DomainError("unavailable", "Too many mails wait to be sent. Try again later.");
};

const queueMail = async (tx: Tx | Sql, keys: Keyring, mail: Mail): Promise<boolean> => {
  const id = newId<MailId>();
  const sealed = keys.seal(mailPlace(id), packMail(mail));
  if (!(await insertMail(tx, { id, recipient: mail.to, sealed }))) return false;
  afterCommit(tx, () => {
    for (const wake of senders) wake();
  });
  return true;
};

export const createMails = (sql: Sql, keys: Keyring, setting: ReadSetting, mailer: Mailer) => {
  const server = (): MailServer | null => {
    const [host, from, user, password] = [
      setting("smtp-host"),
      setting("mail-from"),
      setting("smtp-user"),
      setting("smtp-password"),
    ];
    if (host === "" || from === "") return null;
    const login = user === "" || password === null ? null : { user, password };
    return { host, port: setting("smtp-port"), security: setting("smtp-security"), login, from };
  };
  const isSetUp = (): boolean => server() !== null;
  const refuseUnlessSetUp = (): void => {
    if (isSetUp()) return;
    throw new DomainError(
      "conflict",
      "No mail server is set up here, so nothing can be mailed. An owner of the platform can do that in the settings.",
    );
  };

  const sendClaimed = async ({ id, recipient, sealed, attempts }: ClaimedMail): Promise<void> => {
    const to = server();
    if (to === null) return; // given back when the lease ends
    try {
      await mailer.send(to, unpackMail(recipient, keys.open(mailPlace(id), sealed).reveal()));
      await removeMail(sql, id);
    } catch (err) {
      const why = reasonOf(err);
      const isFinal = attempts >= MAX_ATTEMPTS || (err instanceof DomainError && err.code === "unprocessable");
      if (isFinal) await giveMailUp(sql, id, why);
      else await postponeMail(sql, id, waitAfter(attempts), why);
      log.warn({ err, mailId: id, attempts, isFinal }, "a mail was not sent");
    }
  };

  return {
    isSetUp,
    /** @throws {DomainError} conflict */
    refuseUnlessSetUp,
    enqueue: (tx: Tx | Sql, mail: Mail): Promise<void> => enqueueMail(tx, keys, mail),
    /** For what somebody is only told. What it tells of is done, also when no mail can go or too many wait. */
    async notify(tx: Tx, mail: Mail): Promise<void> {
      if (isSetUp() && !(await queueMail(tx, keys, mail))) log.warn("a notice was left out: too many mails wait");
    },

    /** Sends one now. Null when that worked, otherwise what went wrong. */
    async test(to: string): Promise<string | null> {
      const through = server();
      if (through === null) return "No mail server is set up: set its host and the sender.";
      const failure = await mailer
        .send(through, {
          to,
          subject: "A test mail from Homeport",
          text: "Mail works: this is what was sent to see whether it does.",
        })
        .then(() => null, reasonOf);
      await audit(sql, {
        app: "auth",
        action: "mail:test",
        organisationId: null,
        subject: { kind: "mail-server", id: `${through.host}:${through.port}` },
        after: { to, failure },
      });
      return failure;
    },

    /** Sends what waits until `signal` aborts. Any number of processes may do so. */
    async run(signal: AbortSignal): Promise<void> {
      const loop = leaseLoop<ClaimedMail>({
        name: "mails",
        claim: async (limit) => (isSetUp() ? claimMails(sql, limit) : []),
        run: sendClaimed,
        everyMs: LOOK_EVERY_MS,
        concurrency: AT_ONCE,
        drainMs: 5_000,
        signal,
      });
      senders.add(loop.wake);
      await loop.done;
      senders.delete(loop.wake);
    },

    tidy: (now = new Date()): Promise<void> => removeMailsBefore(sql, new Date(now.getTime() - KEPT_AFTER_FAILURE_MS)),
  };
};

export type Mails = ReturnType<typeof createMails>;

const MAX_REASON = 1_000;

/** What an operator needs to mend it: the mail server's own words. */
const reasonOf = (err: unknown): string => (err instanceof Error ? err.message : String(err)).slice(0, MAX_REASON);
