import { describe, expect, test } from "bun:test";
import { Secret } from "@homeport/kit/secret.ts";
import { matchTotp, newTotpSecret, stepAt, toBase32, totpCode, totpUri } from "./totp.ts";

/** RFC 6238 appendix B, whose codes have eight digits; ours are their last six. */
const RFC = new Secret(toBase32(Buffer.from("12345678901234567890")));
const vectors: { seconds: number; code: string }[] = [
  { seconds: 59, code: "287082" },
  { seconds: 1_111_111_109, code: "081804" },
  { seconds: 1_111_111_111, code: "050471" },
  { seconds: 1_234_567_890, code: "005924" },
  { seconds: 2_000_000_000, code: "279037" },
  { seconds: 20_000_000_000, code: "353130" },
];

describe("a code", () => {
  for (const { seconds, code } of vectors) {
    test(`of second ${seconds} is the one that RFC 6238 says`, () => {
      const now = new Date(seconds * 1000);
      expect(totpCode(RFC, stepAt(now))).toBe(code);
      expect(matchTotp(RFC, code, now)).toBe(stepAt(now));
    });
  }

  test("counts one step early and one late, and no further", () => {
    const now = new Date("2026-07-01T12:00:00Z");
    const step = stepAt(now);
    const distances = [-2, -1, 0, 1, 2].map((by) => matchTotp(RFC, totpCode(RFC, step + by), now));
    expect(distances).toEqual([null, step - 1, step, step + 1, null]);
  });

  test("is six digits and nothing else", () => {
    for (const wrong of ["", "28708", "2870822", " 287082", "２８７０８２", "28708a"]) {
      expect(matchTotp(RFC, wrong, new Date(59_000))).toBeNull();
    }
  });
});

test("a secret has 160 bits in base32, and is never the same twice", () => {
  const secrets = Array.from({ length: 100 }, () => newTotpSecret().reveal());
  expect(new Set(secrets).size).toBe(100);
  for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/);
});

test("the address for authenticator apps names the platform and the account", () => {
  expect(totpUri(new Secret("ABC"), "Home port", "ada+x@example.com")).toBe(
    "otpauth://totp/Home%20port%3Aada%2Bx%40example.com?secret=ABC&issuer=Home%20port",
  );
});
