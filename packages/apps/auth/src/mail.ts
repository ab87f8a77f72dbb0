import type { Id } from "@homeport/kit/ids.ts";
import type { SealedAt } from "@homeport/kit/keys/keyring.ts";
import type { SealedColumn } from "@homeport/kit/keys/sealed-column.ts";
import type { Secret } from "@homeport/kit/secret.ts";

export type MailId = Id<"mail">;

/** Plain text: links in it are whole, and nothing in it is somebody's markup. */
export type Mail = { to: string; subject: string; text: string };

/** What is sealed of a mail: its subject is one line. */
export const packMail = ({ subject, text }: Mail): string => `${subject.replaceAll(/\s+/g, " ")}\n${text}`;

export const unpackMail = (to: string, packed: string): Mail => {
  const end = packed.indexOf("\n");
  return { to, subject: packed.slice(0, end), text: packed.slice(end + 1) };
};

export type MailServer = {
  host: string;
  port: number;
  security: "none" | "starttls" | "tls";
  /** Null for a server that asks for none. */
  login: { user: string; password: Secret } | null;
  from: string;
};

/** Mails that wait; more would be a fault or an attack, and a mail server's limits are far below. */
export const MAX_QUEUED = 10_000;

export const MAX_ATTEMPTS = 10;
/** What could not be sent is kept this long, so that its error can be read. */
export const KEPT_AFTER_FAILURE_MS = 7 * 24 * 3_600_000;
/** Who has claimed a mail has this long to send it; longer than every timeout of the sender together. */
export const MAIL_LEASE_MS = 120_000;

const FIRST_WAIT_MS = 30_000;
const GROWTH = 2.5;

/** How long to wait after a failed try, the first being 1: half a minute, growing, ten tries within about a day. */
export const waitAfter = (attempt: number, random = Math.random()): number =>
  Math.round(FIRST_WAIT_MS * GROWTH ** (attempt - 1) * (0.8 + 0.4 * random));

/** Where a mail is sealed. */
export const mailPlace = (id: string): SealedAt => ({
  table: "auth.mails",
  row: id,
  field: "content_sealed",
  organisationId: null,
});

export const SEALED_MAILS: SealedColumn = {
  table: "auth.mails",
  field: "content_sealed",
  key: ["id"],
  also: [],
  at: (row) => mailPlace(String(row.id)),
};
