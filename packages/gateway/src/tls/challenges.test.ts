import { expect, test } from "bun:test";
import { Challenges } from "./challenges.ts";

const TOKEN = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
const THUMBPRINT = "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI";
const KEY_AUTHORIZATION = `${TOKEN}.${THUMBPRINT}`;
const PATH = `/.well-known/acme-challenge/${TOKEN}`;

test("a challenge is answered with its key authorization until it is removed", () => {
  const challenges = new Challenges();
  expect(challenges.answer(PATH)).toBeNull();
  challenges.put(TOKEN, KEY_AUTHORIZATION);
  expect(challenges.answer(PATH)).toBe(KEY_AUTHORIZATION);
  challenges.remove(TOKEN);
  expect(challenges.answer(PATH)).toBeNull();
});

const OTHER_PATHS = [
  "/",
  "/.well-known/acme-challenge/",
  `${PATH}/`,
  `${PATH}?x`,
  `/x${PATH}`,
  `//.well-known/acme-challenge/${TOKEN}`,
  `/.well-known/acme-challenge/%65${TOKEN.slice(1)}`,
  "/.well-known/acme-challenge/__proto__",
];
test.each(OTHER_PATHS)("%s is no challenge", (path) => {
  const challenges = new Challenges();
  challenges.put(TOKEN, KEY_AUTHORIZATION);
  expect(challenges.answer(path)).toBeNull();
});

test("a challenge that nobody removed ends by itself, and one that is put again lives on", () => {
  let now = 0;
  const challenges = new Challenges(() => now);
  challenges.put(TOKEN, KEY_AUTHORIZATION, 1_000);
  now = 999;
  expect(challenges.answer(PATH)).toBe(KEY_AUTHORIZATION);
  challenges.put(TOKEN, KEY_AUTHORIZATION, 1_000);
  now = 1_998;
  expect(challenges.answer(PATH)).toBe(KEY_AUTHORIZATION);
  now = 1_999;
  expect(challenges.answer(PATH)).toBeNull();
});

test("when there are too many the oldest gives way, and expired ones first", () => {
  let now = 0;
  const challenges = new Challenges(() => now);
  const tokenOf = (index: number) => `token-of-an-order-${index}`;
  const put = (index: number, ttlMs: number) =>
    challenges.put(tokenOf(index), `${tokenOf(index)}.${THUMBPRINT}`, ttlMs);
  put(0, 5_000);
  put(1, 10);
  for (let index = 2; index < 2_000; index++) put(index, 5_000);
  now = 10;
  put(2_000, 5_000);
  expect(challenges.size).toBe(2_000);
  expect(challenges.answer(`/.well-known/acme-challenge/${tokenOf(0)}`)).not.toBeNull();
  put(2_001, 5_000);
  expect(challenges.size).toBe(2_000);
  expect(challenges.answer(`/.well-known/acme-challenge/${tokenOf(0)}`)).toBeNull();
});

const WRONG = [
  { name: "a token with a slash", token: "../../../../etc/passwd", keyAuthorization: KEY_AUTHORIZATION },
  { name: "a token that could be guessed", token: "short", keyAuthorization: `short.${THUMBPRINT}` },
  { name: "an answer to another token", token: `${TOKEN}x`, keyAuthorization: KEY_AUTHORIZATION },
  { name: "no thumbprint", token: TOKEN, keyAuthorization: TOKEN },
  { name: "markup", token: TOKEN, keyAuthorization: `${KEY_AUTHORIZATION}<script>` },
];
test.each(WRONG)("$name is not taken", ({ token, keyAuthorization }) => {
  const challenges = new Challenges();
  expect(() => challenges.put(token, keyAuthorization)).toThrow(expect.objectContaining({ code: "invalid" }));
  expect(challenges.size).toBe(0);
});
