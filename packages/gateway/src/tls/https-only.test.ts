import { expect, test } from "bun:test";
import { hstsValue, httpsLocation } from "./https-only.ts";

const LOCATIONS = [
  {
    name: "path and query stay",
    hostName: "shop.test",
    target: "/a/b?c=d",
    tlsPort: 443,
    is: "https://shop.test/a/b?c=d",
  },
  { name: "another port is named", hostName: "shop.test", target: "/", tlsPort: 8443, is: "https://shop.test:8443/" },
  {
    name: "escapes, dots and double slashes are not touched",
    hostName: "shop.test",
    target: "//evil.test/%2e%2e/../%41?q=%0d",
    tlsPort: 443,
    is: "https://shop.test//evil.test/%2e%2e/../%41?q=%0d",
  },
  { name: "an IPv6 address has brackets", hostName: "::1", target: "/x", tlsPort: 443, is: "https://[::1]/x" },
  {
    name: "a proxy's target is taken apart",
    hostName: "shop.test",
    target: "HTTP://other.test:81/p?q",
    tlsPort: 443,
    is: "https://shop.test/p?q",
  },
  {
    name: "one without a path too",
    hostName: "shop.test",
    target: "http://other.test?q",
    tlsPort: 443,
    is: "https://shop.test/?q",
  },
  { name: "OPTIONS * goes to the root", hostName: "shop.test", target: "*", tlsPort: 443, is: "https://shop.test/" },
  {
    name: "no byte of it can end the header",
    hostName: "shop.test",
    target: "/a\r\nSet-Cookie: b=c \xe9\u20ac",
    tlsPort: 443,
    is: "https://shop.test/a%0D%0ASet-Cookie:%20b=c%20%E9%E2%82%AC",
  },
];

test.each(LOCATIONS)("where a plain request is sent: $name", ({ hostName, target, tlsPort, is }) => {
  expect(httpsLocation({ hostName, target }, tlsPort)).toBe(is);
});

const VALUES = [
  { hsts: { maxAgeSeconds: 31_536_000, includeSubdomains: false, preload: false }, is: "max-age=31536000" },
  { hsts: { maxAgeSeconds: 0, includeSubdomains: false, preload: false }, is: "max-age=0" },
  {
    hsts: { maxAgeSeconds: 63_072_000, includeSubdomains: true, preload: true },
    is: "max-age=63072000; includeSubDomains; preload",
  },
];

test.each(VALUES)("Strict-Transport-Security is $is", ({ hsts, is }) => {
  expect(hstsValue(hsts)).toBe(is);
});
