import { SMTPServer } from "smtp-server";

export type ReceivedMail = { to: string; subject: string; text: string };

/** A real SMTP server that keeps what it gets; `stop` ends it. */
export type SmtpSink = {
  port: number;
  mails: ReceivedMail[];
  /** The environment that makes an app send here. */
  env: Record<string, string>;
  /** Answers the next recipients with this code; null accepts them again. */
  refuse(code: number | null): void;
  stop(): Promise<void>;
};

/** The path and query of the first link in a mail. */
export const linkIn = (text: string): string => {
  const { pathname, search } = new URL(/http\S+/.exec(text)?.[0] ?? "nowhere:");
  return pathname + search;
};

export const startSmtpSink = async (login?: { user: string; password: string }): Promise<SmtpSink> => {
  const mails: ReceivedMail[] = [];
  let refusal: number | null = null;
  const server = new SMTPServer({
    disabledCommands: login === undefined ? ["AUTH", "STARTTLS"] : ["STARTTLS"],
    authOptional: login === undefined,
    allowInsecureAuth: true,
    onAuth({ username, password }, _session, done) {
      if (username === login?.user && password === login?.password) done(null, { user: username });
      else done(new Error("wrong user or password"));
    },
    onRcptTo(_address, _session, done) {
      if (refusal === null) return done();
      done(Object.assign(new Error(`refused with ${refusal}`), { responseCode: refusal }));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const to = session.envelope.rcptTo.map(({ address }) => address).join();
        mails.push({ to, ...read(Buffer.concat(chunks).toString("utf8")) });
        done();
      });
    },
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.on("error", reject);
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  server.off("error", reject);
  server.on("error", () => {}); // clients that go away in the middle
  const address = server.server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    port,
    mails,
    env: {
      HOMEPORT_SMTP_HOST: "127.0.0.1",
      HOMEPORT_SMTP_PORT: String(port),
      HOMEPORT_SMTP_SECURITY: "none",
      HOMEPORT_MAIL_FROM: "homeport@example.com",
      ...(login === undefined ? {} : { HOMEPORT_SMTP_USER: login.user, HOMEPORT_SMTP_PASSWORD: login.password }),
    },
    refuse(code) {
      refusal = code;
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
};

/** The subject, and the text without its transfer encoding (quoted-printable, RFC 2045 section 6.7, or none). */
const read = (raw: string): { subject: string; text: string } => {
  const end = raw.indexOf("\r\n\r\n");
  const head = raw.slice(0, end).replaceAll(/\r\n[ \t]+/g, " ");
  const subject = /^subject: (.*)$/im.exec(head)?.[1] ?? "";
  const body = raw.slice(end + 4);
  const isQuoted = /^content-transfer-encoding: quoted-printable/im.test(head);
  const text = isQuoted
    ? body
        .replaceAll("=\r\n", "")
        .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : body;
  return { subject, text };
};
