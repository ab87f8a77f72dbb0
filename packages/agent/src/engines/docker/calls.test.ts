import { expect, test } from "bun:test";
import { call, callUnless } from "./calls.ts";

const answer = (statusCode: number): Error => Object.assign(new Error(`HTTP ${statusCode}`), { statusCode });

test("an answer is passed on", async () => {
  expect(await call("ping", 1000, async () => "OK")).toBe("OK");
});

test("a call that never settles ends with our own timer", async () => {
  const forever = new Promise<never>(() => {});
  await expect(call("wait", 5, () => forever)).rejects.toThrow(/did not answer.*wait/);
});

test("a broken connection is said in words", async () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  await expect(call("list", 1000, () => Promise.reject(refused))).rejects.toMatchObject({ code: "unavailable" });
});

test("a status that means already so is null, others stay errors", async () => {
  expect(await callUnless([304, 404], "stop", 1000, () => Promise.reject(answer(304)))).toBeNull();
  await expect(callUnless([304], "stop", 1000, () => Promise.reject(answer(500)))).rejects.toMatchObject({
    statusCode: 500,
  });
});
