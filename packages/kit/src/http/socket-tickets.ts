import { createHash, hkdfSync, randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { z } from "zod";
import { DomainError } from "../errors.ts";
import { decrypt, encrypt, KEY_BYTES } from "../keys/aes-gcm.ts";
import { isMember, type Principal, principalKey } from "../principal.ts";
import { SOCKET_TICKET_MS, socketTicketKey } from "../registry/keys.ts";
import { sessionCookieOf } from "./authenticate.ts";

/**
 * What a ticket stands for: one caller, at one address, with the credential that the caller had. Valkey has it sealed with
 * the ticket itself, which is only in the hands of the caller, so that nobody who reads Valkey gets a credential.
 */
const Held = z.object({
  caller: z.string(),
  path: z.string(),
  credential: z.object({ name: z.enum(["authorization", "cookie"]), value: z.string() }),
});

export type SocketTickets = {
  /** A ticket for `path`, good once and for SOCKET_TICKET_MS. @throws {DomainError} invalid, without a credential in the headers */
  issue(path: string, principal: Principal, headers: Headers): Promise<{ ticket: string; expiresAt: Date }>;
  /** The headers with the credential that the ticket stands for. It is used up, whatever comes of it. Null when it is no good. */
  redeem(ticket: string, path: string, headers: Headers): Promise<{ headers: Headers; caller: string } | null>;
};

const TICKET = /^[A-Za-z0-9_-]{43}$/;

/** Who it is, and for which organisation: a session may turn to another one. */
export const callerOf = (principal: Principal): string =>
  `${principalKey(principal)}@${isMember(principal) ? principal.organisationId : ""}`;

export const createSocketTickets = (valkey: Redis): SocketTickets => ({
  async issue(path, principal, headers) {
    const credential = credentialOf(headers);
    if (credential === null) throw new DomainError("invalid", "A ticket stands for a session or a token.");
    const ticket = randomBytes(32).toString("base64url");
    const held = JSON.stringify({ caller: callerOf(principal), path, credential } satisfies z.infer<typeof Held>);
    const expiresAt = new Date(Date.now() + SOCKET_TICKET_MS);
    await valkey.set(keyOf(ticket), seal(ticket, held), "PX", SOCKET_TICKET_MS);
    return { ticket, expiresAt };
  },
  async redeem(ticket, path, headers) {
    if (!TICKET.test(ticket)) return null;
    const sealed = await valkey.getdel(keyOf(ticket));
    if (sealed === null) return null;
    const held = Held.parse(JSON.parse(open(ticket, sealed)));
    if (held.path !== path) return null;
    const own = new Headers(headers);
    own.delete("cookie");
    own.delete("authorization");
    own.set(held.credential.name, held.credential.value);
    return { headers: own, caller: held.caller };
  },
});

const credentialOf = (headers: Headers): z.infer<typeof Held>["credential"] | null => {
  const authorization = headers.get("authorization");
  if (authorization !== null) return { name: "authorization", value: authorization };
  const cookie = sessionCookieOf(headers);
  return cookie === null ? null : { name: "cookie", value: cookie.reveal() };
};

const keyOf = (ticket: string): string => socketTicketKey(createHash("sha256").update(ticket).digest("hex"));

const sealingKey = (ticket: string): Buffer =>
  Buffer.from(hkdfSync("sha256", ticket, "homeport", "socket-ticket", KEY_BYTES));

const seal = (ticket: string, held: string): string =>
  encrypt(sealingKey(ticket), "socket-ticket", Buffer.from(held)).toString("base64");

const open = (ticket: string, sealed: string): string =>
  decrypt(sealingKey(ticket), "socket-ticket", Buffer.from(sealed, "base64")).toString();
