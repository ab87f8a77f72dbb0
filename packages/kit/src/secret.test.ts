import { expect, test } from "bun:test";
import { inspect } from "node:util";
import { Secret } from "./secret.ts";

const secret = new Secret("hunter2");

const ways: { name: string; print: () => string }[] = [
  { name: "in a template", print: () => `${secret}` },
  { name: "joined to text", print: () => ["", secret].join("") },
  { name: "made a string", print: () => String(secret) },
  { name: "as JSON", print: () => JSON.stringify({ secret }) },
  { name: "inspected, with what is hidden", print: () => inspect({ deep: [secret] }, { depth: 9, showHidden: true }) },
  { name: "inspected by Bun", print: () => Bun.inspect({ deep: [secret] }) },
  { name: "taken apart", print: () => Object.entries(secret).join() },
  { name: "cloned", print: () => JSON.stringify(structuredClone({ ...secret })) },
  { name: "as the cause of an error", print: () => inspect(new Error("no", { cause: secret })) },
];
for (const { name, print } of ways) {
  test(`a secret does not print ${name}`, () => expect(print()).not.toContain("hunter2"));
}

test("reveal is the way out", () => expect(secret.reveal()).toBe("hunter2"));
