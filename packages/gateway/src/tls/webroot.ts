import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { tlsLog } from "./log.ts";

const PREFIX = "/.well-known/acme-challenge/";
const TOKEN = /^[\w-]{16,256}$/;
/** A key authorization has about 90 bytes. */
const MAX_BYTES = 1_024;

/**
 * The answer to an HTTP-01 challenge (RFC 8555 section 8.3) that an ACME client left in a folder, as `certbot --webroot -w
 * folder` does; null when there is none. Read on demand, so that all workers know of it at once: authorities ask rarely.
 */
export function readChallenge(folder: string, path: string): string | null {
  const token = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : "";
  if (!TOKEN.test(token)) return null;
  const file = join(folder, PREFIX, token);
  try {
    return statSync(file).size > MAX_BYTES ? null : readFileSync(file, "latin1");
  } catch (err) {
    if (!(err instanceof Error && "code" in err && err.code === "ENOENT"))
      tlsLog.warn({ err }, "cannot read a challenge");
    return null;
  }
}
