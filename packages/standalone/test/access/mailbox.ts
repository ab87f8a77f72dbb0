import { createServer, type Socket } from "node:net";
import { waitFor } from "@homeport/kit/test/wait-for.ts";

export type Mailbox = {
  port: number;
  /** What clients gave as their password. */
  passwords: string[];
  /** The text of a mail to this address that has the pattern's match in it, once it came. Gives the first group. */
  find(to: string, pattern: RegExp): Promise<string>;
  stop(): Promise<void>;
};

/** A mail server on this machine that takes every mail (RFC 5321) and any password (RFC 4954, PLAIN). */
export const startMailbox = async (): Promise<Mailbox> => {
  const mails: { to: string; text: string }[] = [];
  const passwords: string[] = [];
  const server = createServer((socket) => serve(socket, mails, passwords));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    passwords,
    find: (to, pattern) =>
      waitFor(
        () =>
          mails
            .filter((mail) => mail.to === to)
            .map(({ text }) => pattern.exec(text)?.[1])
            .find((match) => match !== undefined),
        { timeoutMs: 30_000, message: `a mail to ${to} with ${pattern.source}` },
      ),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
};

const serve = (socket: Socket, mails: { to: string; text: string }[], passwords: string[]): void => {
  let buffer = "";
  let to = "";
  let isData = false;
  const say = (line: string) => socket.write(`${line}\r\n`);
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    buffer += chunk.toString("utf8");
    for (;;) {
      const end = buffer.indexOf(isData ? "\r\n.\r\n" : "\r\n");
      if (end < 0) return;
      const line = buffer.slice(0, end);
      buffer = buffer.slice(end + (isData ? 5 : 2));
      if (isData) {
        mails.push({ to, text: plainOf(line) });
        isData = false;
        say("250 kept");
      } else if (/^EHLO/i.test(line)) {
        say("250-here");
        say("250 AUTH PLAIN");
      } else if (/^AUTH PLAIN /i.test(line)) {
        passwords.push(Buffer.from(line.slice(11), "base64").toString("utf8").split("\0").at(-1) ?? "");
        say("235 in");
      } else if (/^RCPT/i.test(line)) {
        to = /<([^>]*)>/.exec(line)?.[1] ?? "";
        say("250 known");
      } else if (/^DATA/i.test(line)) {
        isData = true;
        say("354 go on");
      } else if (/^QUIT/i.test(line)) {
        socket.end("221 bye\r\n");
      } else say("250 fine");
    }
  });
  say("220 here");
};

/** Without quoted-printable's soft line ends and escapes (RFC 2045 section 6.7). */
const plainOf = (text: string): string =>
  text
    .replaceAll("=\r\n", "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
