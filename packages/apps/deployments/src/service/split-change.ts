import { randomBytes } from "node:crypto";
import { Secret } from "@homeport/kit/secret.ts";
import type { Change, Generator } from "../change.ts";
import type { StoredChange, Value } from "../state/applying.ts";

/** A change without its value, and the value; one that is to be made up is made up here, and nobody sees it. */
export const splitChange = (change: Change): { change: StoredChange; value: Value } => {
  if (change.op === "variable.set") {
    const { value, ...stored } = change;
    return { change: stored, value: new Secret(value) };
  }
  const value = change.op === "variable.generate" ? new Secret(GENERATE[change.generator]()) : null;
  return { change, value };
};

/** Without letters and digits that look alike: people may have to type it. */
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
const PASSWORD_LENGTH = 32;

/** Bytes that would make some letters more likely than others are thrown away. */
const password = (): string => {
  const fair = 256 - (256 % ALPHABET.length);
  let text = "";
  while (text.length < PASSWORD_LENGTH) {
    for (const byte of randomBytes(PASSWORD_LENGTH)) if (byte < fair) text += ALPHABET[byte % ALPHABET.length];
  }
  return text.slice(0, PASSWORD_LENGTH);
};

const GENERATE: Record<Generator, () => string> = {
  password,
  hex32: () => randomBytes(16).toString("hex"),
  hex64: () => randomBytes(32).toString("hex"),
  base64: () => randomBytes(32).toString("base64"),
  uuid: () => crypto.randomUUID(),
};
