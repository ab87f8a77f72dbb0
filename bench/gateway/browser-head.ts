import { PATHS } from "./answers.ts";
import type { Target } from "./target.ts";

const HEAD_BYTES = 645;

const HEADERS = {
  "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
  Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "Accept-Encoding": "gzip, deflate, br, zstd",
  "Accept-Language": "en-GB,en;q=0.9,de;q=0.8",
  "Sec-Fetch-Dest": "document",
  "Sec-Fetch-Mode": "navigate",
  "Sec-Fetch-Site": "same-origin",
  Referer: "http://bench.localhost/projects/storefront",
};

/** The headers of a browser's request, with a cookie that makes the whole head 645 bytes for this target. */
export const browserHeaders = (target: Target): Record<string, string> => {
  const withCookie = (length: number) => ({ ...HEADERS, Cookie: `session=${"c".repeat(length)}` });
  return withCookie(HEAD_BYTES - headBytes(target, withCookie(0)));
};

/** As wrk writes it. */
const headBytes = (target: Target, headers: Record<string, string>): number => {
  const lines = Object.entries({ Host: target.host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${PATHS.json} HTTP/1.1\r\n${lines.join("")}\r\n`.length;
};
