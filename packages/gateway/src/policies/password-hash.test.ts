import { expect, test } from "bun:test";
import { isAffordable } from "./password-hash.ts";

const BCRYPT_END = "8OPoPUh5EpNuVyV.9v9c9OuZOGU.gk1XMxD68fZnImzwUO.kdEXeK";
const ARGON2_END = "$J6RVGLzpFwa7Ln3OCSiYrgSIkfBKvU7EcZF0VgNQj5I$GcboL0YCkIgY+Um7YZu8vuUEwXUFUd4R/dfeGwwrrjk";

test.each([
  { name: "bcrypt of cost 10", hash: `$2b$10$${BCRYPT_END}`, is: true },
  { name: "bcrypt of other tools", hash: `$2y$12$${BCRYPT_END}`, is: true },
  { name: "bcrypt of cost 14", hash: `$2b$14$${BCRYPT_END}`, is: false },
  { name: "bcrypt of cost 3", hash: `$2b$03$${BCRYPT_END}`, is: false },
  { name: "half a bcrypt", hash: "$2b$10$abc", is: false },
  { name: "argon2id as Bun makes it", hash: `$argon2id$v=19$m=65536,t=2,p=1${ARGON2_END}`, is: true },
  { name: "argon2id with 128 MiB", hash: `$argon2id$v=19$m=131072,t=2,p=1${ARGON2_END}`, is: true },
  { name: "argon2id with more", hash: `$argon2id$v=19$m=131073,t=2,p=1${ARGON2_END}`, is: false },
  { name: "argon2id with many passes", hash: `$argon2id$v=19$m=65536,t=9,p=1${ARGON2_END}`, is: false },
  { name: "argon2id with many lanes", hash: `$argon2id$v=19$m=65536,t=2,p=5${ARGON2_END}`, is: false },
  {
    name: "argon2id with an endless number",
    hash: `$argon2id$v=19$m=${"9".repeat(30)},t=2,p=1${ARGON2_END}`,
    is: false,
  },
  { name: "MD5 of Apache", hash: "$apr1$abcdefgh$0123456789012345678901", is: false },
  { name: "a plain password", hash: "$ecret", is: false },
])("$name is affordable: $is", ({ hash, is }) => {
  expect(isAffordable(hash)).toBe(is);
});

test("what Bun.password makes by itself is affordable", async () => {
  expect(isAffordable(await Bun.password.hash("x"))).toBe(true);
  expect(isAffordable(await Bun.password.hash("x", "bcrypt"))).toBe(true);
});
