import { expect, test } from "bun:test";
import { Secret } from "@homeport/kit/secret.ts";
import { createMask } from "./mask.ts";

const secret = 'p@ss "w0rd"/1';

const rows: { name: string; secrets: string[]; line: string; shown: string }[] = [
  { name: "the value itself", secrets: [secret], line: `a ${secret} b ${secret}`, shown: "a *** b ***" },
  { name: "in base64", secrets: [secret], line: `x ${btoa(secret)}`, shown: "x ***" },
  {
    name: "in base64 without padding",
    secrets: [secret],
    line: `x ${btoa(secret).replaceAll("=", "")}`,
    shown: "x ***",
  },
  { name: "in a URL", secrets: [secret], line: `https://u:${encodeURIComponent(secret)}@h`, shown: "https://u:***@h" },
  { name: "in JSON", secrets: [secret], line: JSON.stringify({ secret }), shown: '{"secret":"***"}' },
  { name: "each line of a key", secrets: ["-----BEGIN\nabcdefgh\n-----END"], line: "got abcdefgh", shown: "got ***" },
  { name: "the longer of two first", secrets: ["token", "token-long"], line: "token-long", shown: "***" },
  { name: "short words stay", secrets: ["yes"], line: "yes or no", shown: "yes or no" },
  { name: "nothing to hide", secrets: [], line: "as it is", shown: "as it is" },
];

for (const { name, secrets, line, shown } of rows) {
  test(name, () => expect(createMask(secrets.map((value) => new Secret(value)))(line)).toBe(shown));
}
