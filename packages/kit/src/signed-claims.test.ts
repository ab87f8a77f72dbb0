import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { deriveKey } from "./crypto.ts";
import { Secret } from "./secret.ts";
import { readClaims, signClaims } from "./signed-claims.ts";

const secret = new Secret("an app secret of thirty-two characters");
const key = deriveKey(secret, "test");
const Claims = z.object({ host: z.string().max(20) });
const until = new Date("2026-01-01T00:00:30Z");
const before = new Date("2026-01-01T00:00:29.999Z");
const signed = signClaims(key, { host: "shop.example" }, until);

describe("signed claims", () => {
  test("come back as they were, until their time is over", () => {
    expect(readClaims(key, signed, Claims, before)).toEqual({ host: "shop.example" });
    expect(readClaims(key, signed, Claims, until)).toBeNull();
  });

  test("with any one character changed are nothing", () => {
    for (let at = 0; at < signed.length; at += 1) {
      for (const other of ["A", "B", "-", "="]) {
        if (signed[at] === other) continue;
        const altered = signed.slice(0, at) + other + signed.slice(at + 1);
        expect(readClaims(key, altered, Claims, before)).toBeNull();
      }
    }
  });

  const mac = signed.slice(signed.indexOf(".") + 1);
  const rows: { name: string; text: string }[] = [
    { name: "an empty text", text: "" },
    { name: "claims without a signature", text: signed.slice(0, signed.indexOf(".")) },
    { name: "an empty signature", text: `${signed.slice(0, signed.indexOf("."))}.` },
    { name: "a shorter signature", text: signed.slice(0, -1) },
    { name: "a longer signature", text: `${signed}A` },
    { name: "a padded signature", text: `${signed}=` },
    { name: "another signature's claims", text: `${Buffer.from('{"host":"evil"}').toString("base64url")}.${mac}` },
    { name: "the key of another purpose", text: signClaims(deriveKey(secret, "other"), { host: "x" }, until) },
    { name: "claims of another shape", text: signClaims(key, { host: "x".repeat(21) }, until) },
    { name: "a text without end", text: signClaims(key, { host: "x", more: "x".repeat(10_000) }, until) },
  ];
  for (const { name, text } of rows) {
    test(`${name} is nothing`, () => expect(readClaims(key, text, Claims, before)).toBeNull());
  }
});
