import { Socket } from "node:net";
import { DomainError } from "@homeport/kit/errors.ts";
import type { MailServer } from "../mail.ts";
import type { Mailer } from "../ports.ts";

/** For connecting, for the greeting, and for each answer. */
const TIMEOUT_MS = 15_000;
/** For all of it: who says a word now and then is never silent long enough for the others. Less than a mail's lease. */
const DEADLINE_MS = 60_000;
/** A server says with 5xx that it will never take this mail (RFC 5321 section 4.2.1). */
const REFUSED_FOR_GOOD = 500;

/** Mails over SMTP, each through a connection of its own: they are few. */
export const smtpMailer = (deadlineMs = DEADLINE_MS): Mailer => ({
  async send(server, { to, subject, text }) {
    // Loaded with the first mail: it takes as much memory as several apps, and most platforms send few mails or none.
    const { createTransport } = await import("nodemailer");
    const socket = new Socket();
    const transport = createTransport({ ...optionsOf(server), socket });
    const deadline = setTimeout(() => socket.destroy(), deadlineMs);
    try {
      await transport.sendMail({
        from: { name: "Homeport", address: server.from },
        to: { name: "", address: to },
        subject,
        text: `${text}\n`,
        headers: { "auto-submitted": "auto-generated" }, // so that no holiday notice answers (RFC 3834 section 5)
      });
    } catch (err) {
      throw new DomainError(isFinal(err) ? "unprocessable" : "unavailable", sentenceOf(err), { cause: err });
    } finally {
      clearTimeout(deadline);
      transport.close();
      socket.destroy();
    }
  },
});

const optionsOf = ({ host, port, security, login }: MailServer) => ({
  host,
  port,
  secure: security === "tls",
  requireTLS: security === "starttls", // otherwise somebody on the way could take STARTTLS out
  ignoreTLS: security === "none",
  ...(login === null ? {} : { auth: { user: login.user, pass: login.password.reveal() } }),
  connectionTimeout: TIMEOUT_MS,
  greetingTimeout: TIMEOUT_MS,
  socketTimeout: TIMEOUT_MS,
  dnsTimeout: TIMEOUT_MS,
  disableFileAccess: true,
  disableUrlAccess: true,
});

const codeOf = (err: unknown): number => {
  const code = typeof err === "object" && err !== null && "responseCode" in err ? err.responseCode : undefined;
  return typeof code === "number" ? code : 0;
};

/** Only the recipient's own refusal: a wrong password or sender is mended in the settings, and the mail can go then. */
const isFinal = (err: unknown): boolean => {
  const step = typeof err === "object" && err !== null && "command" in err ? err.command : undefined;
  return codeOf(err) >= REFUSED_FOR_GOOD && step === "RCPT TO";
};

const sentenceOf = (err: unknown): string =>
  `The mail server did not take it: ${err instanceof Error ? err.message : String(err)}`;
