import { DomainError } from "@homeport/kit/errors.ts";
import type { Endpoint } from "./endpoint.ts";

/** One JSON document per line is how the engine reports pulls and events; no honest line is longer. */
const MAX_LINE_CHARS = 1024 * 1024;
const HEADERS_TIMEOUT_MS = 30_000;

/**
 * A request whose answer is a stream. Bun's fetch and not dockerode, because it has backpressure and always rejects when
 * the connection breaks. `timeout: false` turns off Bun's limit of 360 s without a byte, which a quiet log exceeds.
 */
export const openStream = async (
  endpoint: Endpoint,
  path: string,
  init: { method: "GET" | "POST"; headers?: Record<string, string>; headersTimeoutMs?: number; signal: AbortSignal },
): Promise<Response> => {
  const base = endpoint.kind === "unix" ? "http://docker" : `http://${endpoint.host}:${endpoint.port}`;
  const noHeaders = new AbortController();
  const timer = setTimeout(() => noHeaders.abort(), init.headersTimeoutMs ?? HEADERS_TIMEOUT_MS);
  try {
    return await fetch(`${base}${path}`, {
      method: init.method,
      headers: init.headers ?? {},
      signal: AbortSignal.any([init.signal, noHeaders.signal]),
      timeout: false,
      ...(endpoint.kind === "unix" ? { unix: endpoint.socketPath } : {}),
    });
  } catch (err) {
    if (init.signal.aborted) throw err;
    throw new DomainError("unavailable", "The Docker engine cannot be reached.", { cause: err });
  } finally {
    clearTimeout(timer);
  }
};

/** The lines of a stream, without their line ends. */
export async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > MAX_LINE_CHARS) throw new DomainError("too_large", "The Docker engine sent an endless line.");
    for (const line of parts) if (line.trim() !== "") yield line;
  }
  if (rest.trim() !== "") yield rest;
}
