import { describe, expect, test } from "bun:test";
import { browserName } from "./browser-name.ts";

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";

const CASES = [
  {
    name: "Chrome on Linux",
    userAgent: `Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36`,
  },
  {
    name: "Edge on Windows",
    userAgent: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`,
  },
  {
    name: "Opera on macOS",
    userAgent: `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 OPR/124.0`,
  },
  { name: "Firefox on Linux", userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0" },
  {
    name: "Safari on iPhone",
    userAgent:
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
  },
  {
    name: "Chrome on Android",
    userAgent: `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36`,
  },
  { name: "Firefox", userAgent: "Firefox/143.0" },
  { name: "curl/8.5.0", userAgent: "curl/8.5.0" },
  { name: "homeport-cli/0.4.0", userAgent: "homeport-cli/0.4.0 (linux x64)" },
  { name: "unknown", userAgent: "" },
];

describe("a user agent is shown as", () => {
  for (const { name, userAgent } of CASES) test(name, () => expect(browserName(userAgent)).toBe(name));
});
