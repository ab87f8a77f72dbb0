import { describe, expect, test } from "bun:test";
import { policyRequest } from "../../test/gate-stand-in.ts";
import { isForeignWrite, isPageVisit } from "./browser-request.ts";

describe("a page visit", () => {
  test("is a GET that takes HTML", () => {
    expect(isPageVisit(policyRequest())).toBe(true);
    expect(isPageVisit(policyRequest({ headers: { "sec-fetch-mode": "navigate" } }))).toBe(true);
  });

  const others: { name: string; request: Parameters<typeof policyRequest>[0] }[] = [
    { name: "a form", request: { method: "POST" } },
    { name: "a HEAD", request: { method: "HEAD" } },
    { name: "a WebSocket", request: { isWebSocket: true } },
    { name: "a client that takes anything", request: { headers: { accept: "*/*" } } },
    { name: "a client that takes JSON", request: { headers: { accept: "application/json" } } },
    { name: "what a script fetches", request: { headers: { "sec-fetch-mode": "cors" } } },
  ];
  for (const { name, request } of others) {
    test(`is not ${name}`, () => expect(isPageVisit(policyRequest(request))).toBe(false));
  }
});

describe("a write that another site caused", () => {
  const from = (origin: string | null, more: Parameters<typeof policyRequest>[0] = { method: "POST" }) =>
    isForeignWrite(policyRequest({ ...more, ...(origin === null ? {} : { headers: { origin } }) }));

  const rows: { name: string; got: boolean; foreign: boolean }[] = [
    { name: "a form of the own site", got: from("https://shop-demo.apps.example"), foreign: false },
    {
      name: "the own site behind something that took TLS off",
      got: from("http://shop-demo.apps.example"),
      foreign: false,
    },
    {
      name: "the own site on its own port",
      got: from("http://a.localhost:3000", { method: "POST", scheme: "http", authority: "A.localhost:3000" }),
      foreign: false,
    },
    { name: "a client that is no browser", got: from(null), foreign: false },
    {
      name: "a page of another site that is read",
      got: from("https://evil.example", { method: "GET" }),
      foreign: false,
    },
    { name: "another tenant's form", got: from("https://evil-demo.apps.example"), foreign: true },
    { name: "another port of the host", got: from("https://shop-demo.apps.example:9999"), foreign: true },
    { name: "a form of nowhere", got: from("null"), foreign: true },
    { name: "nonsense", got: from("https://"), foreign: true },
    {
      name: "another tenant's WebSocket",
      got: from("https://evil-demo.apps.example", { isWebSocket: true }),
      foreign: true,
    },
    {
      name: "the own site's WebSocket",
      got: from("https://shop-demo.apps.example", { isWebSocket: true }),
      foreign: false,
    },
    { name: "another site's DELETE", got: from("https://evil.example", { method: "DELETE" }), foreign: true },
  ];
  for (const { name, got, foreign } of rows) {
    test(`${foreign ? "is" : "is not"} ${name}`, () => expect(got).toBe(foreign));
  }
});
