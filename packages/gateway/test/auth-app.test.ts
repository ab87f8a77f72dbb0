import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GateAnswer } from "@homeport/kit/gate.ts";
import { identityKey, verifyIdentity } from "@homeport/kit/identity.ts";
import { AuthApp } from "../src/adapters/auth-app.ts";
import { appTarget, type Target } from "../src/target.ts";
import { ADA, APP_SECRET } from "./gate-stand-in.ts";
import { until } from "./until.ts";

const SESSION = { kind: "session", sessionId: Bun.randomUUIDv7() } as const;

let dir: string;
let answer: () => Response | Promise<Response>;
let asked: { path: string; authorization: string; body: unknown }[] = [];
const servers: { stop(force: boolean): unknown }[] = [];
let overUnix: Target;
let overTcp: Target;
let gone: Target;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "hp-auth-app-"));
  const fetch = async (request: Request) => {
    const authorization = request.headers.get("authorization") ?? "";
    asked.push({ path: new URL(request.url).pathname, authorization, body: await request.json() });
    return answer();
  };
  const tcp = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch });
  servers.push(tcp, Bun.serve({ unix: join(dir, "auth.sock"), fetch }));
  overTcp = appTarget("a", `http://127.0.0.1:${tcp.port}`) as Target;
  overUnix = appTarget("b", `unix:${join(dir, "auth.sock")}`) as Target;
  gone = appTarget("c", `unix:${join(dir, "gone.sock")}`) as Target;
});
afterAll(async () => {
  for (const server of servers) await server.stop(true);
  rmSync(dir, { recursive: true });
});
beforeEach(() => {
  asked = [];
  answer = () => Response.json(ADA);
});

const authAt = (...targets: Target[]) => new AuthApp(() => targets, APP_SECRET, 200);

describe("the auth app", () => {
  test("is asked as the gateway, over a unix socket and over TCP", async () => {
    for (const target of [overUnix, overTcp]) {
      expect(await authAt(target).check(SESSION, null)).toEqual(ADA);
      const [question] = asked.splice(0);
      expect(question).toMatchObject({
        path: "/api/v1/auth/gate/check",
        body: { credential: SESSION, organisationId: null },
      });
      const token = question?.authorization.replace("Bearer ", "") ?? "";
      expect(await verifyIdentity(identityKey(APP_SECRET), token)).toEqual({ kind: "app", appId: "gateway" });
    }
  });

  test("gives the session of a ticket, or nothing", async () => {
    answer = () => Response.json({ sessionId: SESSION.sessionId });
    const shown = { ticket: "t", host: "h", scope: "s", state: "x" };
    expect(await authAt(overUnix).redeem(shown)).toBe(SESSION.sessionId);
    expect(asked).toMatchObject([{ path: "/api/v1/auth/gate/redeem", body: shown }]);
    answer = () => Response.json({ sessionId: null });
    expect(await authAt(overUnix).redeem(shown)).toBeNull();
  });

  test("is asked at another instance when one is gone or fails", async () => {
    for (let i = 0; i < 10; i += 1) expect(await authAt(gone, overUnix, gone).check(SESSION, null)).toEqual(ADA);
    let calls = 0;
    answer = () => (++calls === 1 ? new Response("", { status: 500 }) : Response.json(ADA));
    expect(await authAt(overUnix, overTcp).check(SESSION, null)).toEqual(ADA);
  });

  test("that does not answer in time is given up, by all instances together", async () => {
    answer = () => new Promise(() => undefined);
    const startedAt = performance.now();
    await expect(authAt(overUnix, overTcp).check(SESSION, null)).rejects.toThrow();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  const broken: { name: string; answer: () => Response }[] = [
    { name: "refuses the question", answer: () => Response.json({}, { status: 401 }) },
    { name: "answers something else", answer: () => Response.json({ kind: "welcome" }) },
    { name: "answers no JSON", answer: () => new Response("<html>") },
    { name: "leads elsewhere", answer: () => Response.redirect("http://127.0.0.1:1/", 307) },
  ];
  for (const { name, answer: given } of broken) {
    test(`that ${name} was not asked`, async () => {
      answer = given;
      await expect(authAt(overUnix).check(SESSION, null)).rejects.toThrow();
    });
  }

  test("that is nowhere was not asked", async () => {
    await expect(authAt().check(SESSION, null)).rejects.toThrow("No instance");
  });

  test("is asked a bounded number of things at once, and tokens do not take the place of sessions", async () => {
    const held: ((answer: GateAnswer) => void)[] = [];
    answer = () => new Promise((resolve) => held.push((given) => resolve(Response.json(given))));
    const auth = new AuthApp(() => [overUnix], APP_SECRET, 10_000);
    const tokens = Array.from({ length: 64 }, (_, i) => auth.check({ kind: "token", value: `hp_${i}` }, null));
    await expect(auth.check({ kind: "token", value: "hp_more" }, null)).rejects.toThrow("too much at once");
    const session = auth.check(SESSION, null);
    await until("all are asked", () => held.length === 65);
    for (const release of held) release(ADA);
    expect(await session).toEqual(ADA);
    expect(await Promise.all(tokens)).toHaveLength(64);
    answer = () => Response.json(ADA);
    expect(await auth.check({ kind: "token", value: "hp_more" }, null)).toEqual(ADA);
  });
});
