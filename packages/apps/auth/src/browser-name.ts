/** What browsers call themselves, the more particular first: all but Firefox claim to be Safari, too. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(Chrome|CriOS)\//, "Chrome"],
  [/\bSafari\/|\(iPhone|\(iPad/, "Safari"],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];

/**
 * A user agent in words that people know: "Firefox on Linux". What is no browser is called by its first product
 * (RFC 9110 section 10.1.5), such as "curl/8.5.0". Never more than a hint: clients write what they like.
 */
export const browserName = (userAgent: string): string => {
  const browser = nameIn(BROWSERS, userAgent);
  if (browser === undefined) return userAgent.split(" ")[0] || "unknown";
  const system = nameIn(SYSTEMS, userAgent);
  return system === undefined ? browser : `${browser} on ${system}`;
};

const nameIn = (names: typeof BROWSERS, userAgent: string): string | undefined =>
  names.find(([pattern]) => pattern.test(userAgent))?.[1];
