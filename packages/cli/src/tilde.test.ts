import { describe, expect, test } from "bun:test";
import { createTilde } from "./tilde.ts";

const cases: { name: string; typed: string[]; sent: (string | null)[] }[] = [
  { name: "what is typed goes as it is", typed: ["ls ~/a\r", "é"], sent: ["ls ~/a\r", "é"] },
  { name: "~. at the start ends it", typed: ["~."], sent: [null] },
  { name: "~. after a line ends it, also key by key", typed: ["ls\r", "~", "."], sent: ["ls\r", "", null] },
  { name: "~. within a line does not", typed: ["x~."], sent: ["x~."] },
  { name: "~~ is one", typed: ["~~", ".\r"], sent: ["~", ".\r"] },
  { name: "~ and something else is both", typed: ["~", "a"], sent: ["", "~a"] },
];

describe("the escape of a shell", () => {
  for (const { name, typed, sent } of cases) {
    test(name, () => {
      const tilde = createTilde();
      const text = (bytes: Uint8Array | null) => (bytes === null ? null : new TextDecoder().decode(bytes));
      expect(typed.map((each) => text(tilde(new TextEncoder().encode(each))))).toEqual(sent);
    });
  }
});
