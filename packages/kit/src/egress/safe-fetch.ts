import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { DomainError } from "../errors.ts";
import { kindOfAddress } from "./address-kind.ts";

export type Resolve = (host: string) => Promise<string[]>;

export type SafeRequest = {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  headers?: Record<string, string>;
  body?: string;
  /** Whether addresses of this machine and its network may be called. */
  allowPrivate: boolean;
  timeoutMs?: number;
  /** Of the answer as it comes: what is compressed stays so. What is over is not read. */
  maxBytes?: number;
  signal?: AbortSignal;
  /** Certificates that are trusted besides the system's, in PEM. */
  ca?: string;
  resolve?: Resolve;
};

export type SafeAnswer = { status: number; headers: Headers; body: Uint8Array };

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 * 1024;

/**
 * Calls an address that a user could have chosen: http and https only, no redirects, bounded in time and bytes. The host
 * is looked up once, every one of its addresses is checked, and one of these is connected to: a name could lead elsewhere
 * the next time it is looked up. Over https the certificate must be the name's all the same.
 *
 * @throws {DomainError} invalid, for what may not be called; unavailable, when there was no answer
 */
export const safeFetch = async (address: string, request: SafeRequest): Promise<SafeAnswer> => {
  const url = readUrl(address);
  const deadline = AbortSignal.timeout(request.timeoutMs ?? TIMEOUT_MS);
  const signal = request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal]);
  const name = hostOf(url);
  const target = await addressOf(name, request, signal);
  const pinned = new URL(url);
  pinned.hostname = isIP(target) === 6 ? `[${target}]` : target;
  try {
    const response = await fetch(pinned, {
      method: request.method ?? "GET",
      headers: { "accept-encoding": "identity", ...request.headers, host: url.host },
      decompress: false, // a few kilobytes can unfold to more than there is memory
      redirect: "manual",
      signal,
      keepalive: false, // a kept connection would be found by its address alone
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(url.protocol === "https:" ? { tls: tlsOf(name, request.ca) } : {}),
    });
    return { status: response.status, headers: response.headers, body: await readStart(response, request.maxBytes) };
  } catch (err) {
    throw new DomainError("unavailable", `${url.host} does not answer.`, { cause: err });
  }
};

/** Bun takes the name that the certificate must have from here; from the Host header it does not (Bun 1.4.5). */
const tlsOf = (serverName: string, ca: string | undefined) =>
  isIP(serverName) === 0 ? { serverName, ...(ca === undefined ? {} : { ca }) } : ca === undefined ? {} : { ca };

/** @throws {DomainError} invalid */
const readUrl = (address: string): URL => {
  const url = URL.parse(address);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "") {
    throw new DomainError("invalid", "Only addresses with http:// or https:// can be called.");
  }
  if (url.username !== "" || url.password !== "") {
    throw new DomainError("invalid", "An address that is called may not carry a user name or a password.");
  }
  return url;
};

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, "$1");

/** One address of a host, after all of them were checked. @throws {DomainError} invalid; unavailable */
const addressOf = async (host: string, request: SafeRequest, signal: AbortSignal): Promise<string> => {
  const addresses = isIP(host) !== 0 ? [host] : await resolveInTime(host, request.resolve ?? resolveHost, signal);
  const [first] = addresses;
  if (first === undefined) throw new DomainError("unavailable", `There is no server named ${host}.`);
  for (const address of addresses) {
    const kind = kindOfAddress(address);
    if (kind === "public" || (kind === "private" && request.allowPrivate)) continue;
    const place = address === host ? host : `${host} (${address})`;
    throw new DomainError(
      "invalid",
      kind === "private"
        ? `${place} is an address of this machine or its private network, which may not be called.`
        : `${place} is not an address that may be called.`,
    );
  }
  return first;
};

const resolveHost: Resolve = async (host) => {
  const found = await lookup(host, { all: true, verbatim: true });
  return found.map(({ address }) => address);
};

const resolveInTime = async (host: string, resolve: Resolve, signal: AbortSignal): Promise<string[]> => {
  const late = Promise.withResolvers<never>();
  const end = () => late.reject(new Error("timed out"));
  signal.addEventListener("abort", end, { once: true });
  try {
    return await Promise.race([resolve(host), late.promise]);
  } catch (err) {
    throw new DomainError("unavailable", `There is no server named ${host}, or it cannot be looked up.`, {
      cause: err,
    });
  } finally {
    signal.removeEventListener("abort", end);
  }
};

const readStart = async (response: Response, maxBytes = MAX_BYTES): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk.subarray(0, maxBytes - size));
    size += chunk.byteLength;
    if (size >= maxBytes) break;
  }
  return Buffer.concat(chunks);
};
