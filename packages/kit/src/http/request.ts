import { DomainError } from "../errors.ts";

/** The id of a request as the gateway gave it, or a new one for calls that did not pass it. */
export const requestIdOf = (headers: Headers): string => {
  const given = headers.get("x-request-id");
  return given !== null && /^[A-Za-z0-9-]{8,64}$/.test(given) ? given : Bun.randomUUIDv7();
};

/** The client's address as the gateway saw it; `local` for calls that did not pass the gateway. */
export const clientAddressOf = (headers: Headers): string => {
  const forwarded = headers.get("x-forwarded-for")?.split(",").at(-1)?.trim();
  return forwarded !== undefined && forwarded.length > 0 && forwarded.length <= 64 ? forwarded : "local";
};

/** Scheme and host under which the caller reached the platform, e.g. `http://localhost:3000`. */
export const originOf = (headers: Headers): string => {
  const scheme = headers.get("x-forwarded-proto") === "https" ? "https" : "http";
  return `${scheme}://${headers.get("x-forwarded-host") ?? headers.get("host") ?? "localhost"}`;
};

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses a write that another site made the browser send. Browsers put `Origin` on every such request (Fetch
 * standard, section 3.2); clients that are no browsers send neither header and carry no ambient cookie.
 *
 * @throws {DomainError} forbidden
 */
export const refuseCrossSite = (method: string, headers: Headers): void => {
  if (SAFE.has(method)) return;
  const origin = headers.get("origin");
  const crossSite = headers.get("sec-fetch-site") === "cross-site";
  const foreign = origin !== null && origin.replace(/^https?:/, "") !== originOf(headers).replace(/^https?:/, "");
  if (crossSite || foreign) throw new DomainError("forbidden", "This request came from another site and was refused.");
};

/** Reads a body into memory, at most `maxBytes`. @throws {DomainError} too_large */
export const readBounded = async (request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | null> => {
  if (request.body === null) return null;
  const tooLarge = () => new DomainError("too_large", `The request body is larger than ${maxBytes} bytes.`);
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as ReadableStream<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
};
