import { expect, test } from "bun:test";
import { Secret } from "@homeport/kit/secret.ts";
import { hashToken, isApiToken, newApiToken, newOpaqueToken, sameHash, tokenHint } from "./token.ts";

test("a new API token has the form that scanners look for, and is never the same twice", () => {
  const tokens = Array.from({ length: 200 }, () => newApiToken().reveal());
  expect(new Set(tokens).size).toBe(200);
  for (const token of tokens) {
    expect(token).toMatch(/^hp_[0-9A-Za-z]{43}_[0-9a-f]{8}$/);
    expect(isApiToken(new Secret(token))).toBe(true);
  }
});

test("a mistyped token is known for one without asking the database", () => {
  const token = newApiToken().reveal();
  const other = token[10] === "a" ? "b" : "a";
  for (const wrong of [`${token.slice(0, 10)}${other}${token.slice(11)}`, token.slice(0, -1), `${token}0`, "hp_", ""]) {
    expect(isApiToken(new Secret(wrong))).toBe(false);
  }
});

test("the hint tells tokens apart and says next to nothing", () => {
  const token = newApiToken();
  expect(tokenHint(token)).toBe(`${token.reveal().slice(0, 9)}…`);
});

test("hashes are compared whole", () => {
  const token = newOpaqueToken();
  expect(sameHash(hashToken(token), hashToken(new Secret(token.reveal())))).toBe(true);
  expect(sameHash(hashToken(token), hashToken(newOpaqueToken()))).toBe(false);
  expect(sameHash(hashToken(token), new Uint8Array(31))).toBe(false);
});
