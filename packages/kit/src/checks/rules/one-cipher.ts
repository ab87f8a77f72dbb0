import { isCode } from "../tokens.ts";
import { isTest } from "../tree.ts";
import type { SourceRule } from "./rule.ts";

const CIPHERS = ["createCipheriv", "createDecipheriv"];
const KEYS = "packages/kit/src/keys/";

/** What is encrypted by hand has a key that nobody changes, and is not bound to its row and organisation. */
export const oneCipher: SourceRule = {
  name: "one-cipher",
  instead: "Seal with context.keys, and name the column in the app's `sealed`.",
  exempt: (path) => isTest(path) || path.startsWith(KEYS),
  find: ({ tokens }) =>
    tokens
      .filter((token) => CIPHERS.some((name) => isCode(token, name)))
      .map(({ line, text }) => ({ line, problem: `${text} encrypts beside the keyring.` })),
};
