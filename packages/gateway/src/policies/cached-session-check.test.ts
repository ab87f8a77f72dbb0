import { beforeEach, describe, expect, test } from "bun:test";
import type { GateAnswer } from "@homeport/kit/gate.ts";
import { ADA, AuthStandIn } from "../../test/gate-stand-in.ts";
import { CachedSessionCheck, type CheckAnswer } from "./cached-session-check.ts";

const SESSION = { kind: "session", sessionId: Bun.randomUUIDv7() } as const;
const STRANGER: GateAnswer = { kind: "stranger" };

let auth: AuthStandIn;
let now: number;
let checks: CachedSessionCheck;
beforeEach(() => {
  auth = new AuthStandIn();
  now = 0;
  checks = new CachedSessionCheck(auth, () => now);
});

const ask = async (): Promise<CheckAnswer> => checks.ask(SESSION, null);

describe("what the auth app said", () => {
  test("holds for five seconds, at once and without asking again", async () => {
    await ask();
    now = 4_999;
    expect(checks.ask(SESSION, null)).toEqual(ADA); // no promise
    expect(auth.checks).toHaveLength(1);
  });

  test("of a session that ends meanwhile holds no longer than that", async () => {
    await ask();
    auth.answer = STRANGER;
    now = 5_000;
    expect(await ask()).toEqual(STRANGER);
  });

  test("counts from when it was asked, however long the answer took", async () => {
    const { promise, resolve } = Promise.withResolvers<GateAnswer>();
    auth.check = () => promise;
    const first = ask();
    now = 2_000;
    resolve(ADA);
    await first;
    auth.check = async () => STRANGER;
    now = 5_000;
    expect(await ask()).toEqual(STRANGER);
  });

  test("is asked once for all who wait, and apart for each organisation and session", async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, ask));
    expect(answers).toEqual(Array.from({ length: 50 }, () => ADA));
    expect(auth.checks).toHaveLength(1);
    await checks.ask(SESSION, Bun.randomUUIDv7());
    await checks.ask({ kind: "session", sessionId: Bun.randomUUIDv7() }, null);
    await checks.ask({ kind: "token", value: "hp_x" }, null);
    expect(auth.checks).toHaveLength(4);
  });

  test("is forgotten for who comes through the gate again, also when it is being said", async () => {
    const { promise, resolve } = Promise.withResolvers<GateAnswer>();
    auth.check = () => promise;
    const before = ask();
    checks.forget(SESSION.sessionId, null);
    auth.check = async () => ADA;
    expect(await ask()).toEqual(ADA);
    resolve({ kind: "refused" });
    expect(await before).toEqual({ kind: "refused" });
    expect(checks.ask(SESSION, null)).toEqual(ADA);
  });
});

describe("when the auth app is away", () => {
  test("who was welcome in the last minute stays so, and nobody else", async () => {
    await ask();
    auth.isAway = true;
    now = 59_999;
    expect(await ask()).toEqual(ADA);
    expect(await checks.ask({ kind: "session", sessionId: Bun.randomUUIDv7() }, null)).toEqual({ kind: "unknown" });
    now = 60_000;
    expect(await ask()).toEqual({ kind: "unknown" });
  });

  test("who was refused before is not welcome", async () => {
    auth.answer = STRANGER;
    await ask();
    auth.isAway = true;
    now = 6_000;
    expect(await ask()).toEqual({ kind: "unknown" });
  });

  test("who may pass meanwhile waits for it once in a second", async () => {
    await ask();
    auth.isAway = true;
    now = 6_000;
    await ask();
    now = 6_999;
    expect(checks.ask(SESSION, null)).toEqual(ADA); // no promise
    expect(auth.checks).toHaveLength(2);
    now = 7_000;
    auth.isAway = false;
    auth.answer = STRANGER;
    expect(await ask()).toEqual(STRANGER);
  });
});

test("made-up tokens push no session out, and what is kept has a bound", async () => {
  await ask();
  const flood = Array.from({ length: 10_001 }, (_, i) => checks.ask({ kind: "token", value: `hp_${i}` }, null));
  await Promise.all(flood);
  auth.isAway = true;
  expect(checks.ask(SESSION, null)).toEqual(ADA);
  expect(await checks.ask({ kind: "token", value: "hp_0" }, null)).toEqual({ kind: "unknown" });
  expect(await checks.ask({ kind: "token", value: "hp_1" }, null)).toEqual(ADA);
});
