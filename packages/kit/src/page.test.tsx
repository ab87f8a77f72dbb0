import { describe, expect, test } from "bun:test";
import type { AssetManifest } from "@homeport/ui/assets";
import { island } from "@homeport/ui/island";
import { as, serverWith } from "../test/notes-server.ts";
import { DomainError } from "./errors.ts";
import type { Logger } from "./log.ts";
import { type PageView, pageRoutes } from "./page.ts";

const file = (name: string) => ({ src: `/public/${name}.js`, preload: [] });
const assets: AssetManifest = {
  schema: 1,
  key: "0".repeat(64),
  boot: "/public/boot.js",
  css: "/public/pages.css",
  icon: "/public/icon.svg",
  imports: {},
  islands: { "ui/toaster": file("toaster"), "notes/broken": file("broken") },
  files: {},
  otherInputs: [],
  dir: "/nowhere",
  olderFiles: {},
};

const Broken = island("broken", () => {
  throw new Error("no window");
});

type Asked = { method?: "GET" | "POST"; path?: string; headers?: Record<string, string> };

/** Asks for a page as a member; `logged` is what went to the log. */
const show = async (render: () => Promise<PageView>, { method = "GET", path = "/page", headers = {} }: Asked = {}) => {
  const logged: Record<string, unknown>[] = [];
  const record = (level: string) => (fields: object) => void logged.push({ level, ...fields });
  const log = { error: record("error"), warn: record("warn") } as unknown as Logger;
  const navigation = { itemsFor: async () => [] };
  const page = { method, path: "/page", action: "note:read", resource: "organisation", render } as const;
  const routes = pageRoutes([page], { appId: "notes", assets, navigation, log });
  const response = await serverWith({ routes, log }).request(path, {
    method,
    headers: { ...as("hp_owner"), ...headers },
  });
  return { response, text: await response.text(), logged };
};

describe("a page", () => {
  const cases = [
    { code: "internal", status: 500 },
    { code: "unavailable", status: 503 },
  ] as const;
  for (const { code, status } of cases) {
    test(`that fails with ${code} is shown as an error and logged once, with its cause`, async () => {
      const err = new DomainError(code, "The store is away.", { cause: new Error("the reason") });
      const { response, text, logged } = await show(() => Promise.reject(err));
      expect(response.status).toBe(status);
      expect(text).toContain("The store is away.");
      expect(logged).toEqual([{ level: "error", err, requestId: response.headers.get("x-request-id") }]);
    });
  }

  test("that refuses what was asked is no matter for the log", async () => {
    const { response, logged } = await show(async () => {
      throw new DomainError("not_found", "There is no such note.");
    });
    expect(response.status).toBe(404);
    expect(logged).toEqual([]);
  });

  test.each([
    ["GET", {}, "/page?tab=2"],
    ["POST", { referer: "http://app.test/page/form?tab=2" }, "/page/form?tab=2"],
    ["POST", { referer: "https://evil.example/page" }, "/page"],
    ["POST", { referer: "nonsense" }, "/"],
    ["POST", {}, "/"],
  ] as const)(
    "that needs a fresh proof of who asks (%s, %j) sends there, and back to %s",
    async (method, headers, next) => {
      const { response } = await show(() => Promise.reject(new DomainError("unverified", "Confirm that it is you.")), {
        method,
        path: "/page?tab=2",
        headers,
      });
      expect([response.status, response.headers.get("location")]).toEqual([
        303,
        `/sign-in/confirm?next=${encodeURIComponent(next)}`,
      ]);
    },
  );

  test("with an island that fails on the server is shown, and the log names the island", async () => {
    const { response, logged } = await show(async () => ({ title: "Notes", body: <Broken /> }));
    expect(response.status).toBe(200);
    expect(logged).toMatchObject([{ level: "warn", island: "broken", err: { message: "no window" } }]);
  });
});
