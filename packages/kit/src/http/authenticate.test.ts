import { expect, test } from "bun:test";
import { DomainError } from "../errors.ts";
import type { MemberPrincipal } from "../principal.ts";
import { Secret } from "../secret.ts";
import { announceAccessChange } from "./access-changes.ts";
import { cachedResolver } from "./authenticate.ts";

const ada = { kind: "person", name: "Ada" } as unknown as MemberPrincipal;
const credential = { kind: "session" as const, value: new Secret("cookie") };

const scene = () => {
  let now = 0;
  let asked = 0;
  let say: () => Promise<MemberPrincipal | null> = async () => ada;
  const resolve = cachedResolver(
    () => {
      asked += 1;
      return say();
    },
    () => now,
  );
  return {
    resolve,
    asked: () => asked,
    pass: (ms: number) => {
      now += ms;
    },
    answer: (next: typeof say) => {
      say = next;
    },
  };
};

test("an answer is remembered for five seconds and then asked for again, so a revoked credential ends by then", async () => {
  const { resolve, asked, pass, answer } = scene();
  expect(await resolve(credential)).toBe(ada);
  answer(async () => null);
  pass(4_999);
  expect(await resolve(credential)).toBe(ada);
  pass(1);
  expect(await resolve(credential)).toBeNull();
  expect(asked()).toBe(2);
});

test("when somebody's access has changed everybody is asked about anew", async () => {
  const { resolve, asked, answer } = scene();
  await resolve(credential);
  announceAccessChange();
  answer(async () => null);
  expect(await resolve(credential)).toBeNull();
  expect(await resolve(credential)).toBeNull();
  expect(asked()).toBe(2);
});

test("an answer that was on its way when access changed is used once and not remembered", async () => {
  const { resolve, asked, answer } = scene();
  const slow = Promise.withResolvers<MemberPrincipal | null>();
  answer(() => slow.promise);
  const first = resolve(credential);
  announceAccessChange();
  slow.resolve(ada);
  expect(await first).toBe(ada);
  answer(async () => null);
  expect(await resolve(credential)).toBeNull();
  expect(asked()).toBe(2);
});

test("a change while the auth app is away signs nobody out", async () => {
  const { resolve, answer } = scene();
  await resolve(credential);
  answer(() => Promise.reject(new DomainError("unavailable", "Away.")));
  announceAccessChange();
  expect(await resolve(credential)).toBe(ada);
});

test("a session and a token of the same text are two credentials", async () => {
  const { resolve, asked } = scene();
  await resolve(credential);
  await resolve({ ...credential, kind: "token" });
  expect(asked()).toBe(2);
});

test("while the auth app is away the last answer holds for a minute, and no other error is hidden", async () => {
  const { resolve, pass, answer } = scene();
  await resolve(credential);
  answer(() => Promise.reject(new DomainError("unavailable", "Away.")));
  pass(59_999);
  expect(await resolve(credential)).toBe(ada);
  pass(1);
  expect(resolve(credential)).rejects.toThrow("Away.");
  answer(() => Promise.reject(new Error("bug")));
  expect(resolve(credential)).rejects.toThrow("bug");
});

test("it forgets rather than grows without end", async () => {
  const { resolve, asked } = scene();
  for (let i = 0; i <= 5_000; i += 1) await resolve({ kind: "token", value: new Secret(`hp_${i}`) });
  await resolve({ kind: "token", value: new Secret("hp_0") });
  expect(asked()).toBe(5_002);
});
