import type { Secret } from "@homeport/kit/secret.ts";
import type { Reason } from "../build-spec.ts";

const MASK = "***";
/** Shorter values are words: masking them would make the log unreadable and tell where they stand. */
const MIN_CHARS = 4;

/**
 * Replaces secret values in a line, also where they were encoded: base64 at any alignment is not attempted, what a build
 * prints on purpose it can always disguise.
 */
export const createMask = (secrets: readonly Secret[]): ((line: string) => string) => {
  const forms = new Set(
    secrets.flatMap((secret) => formsOf(secret.reveal())).filter((form) => form.length >= MIN_CHARS),
  );
  const longestFirst = [...forms].sort((a, b) => b.length - a.length); // so that no rest of a longer one remains
  return (line) => longestFirst.reduce((masked, form) => masked.replaceAll(form, MASK), line);
};

/** The same for what a job fails with: people read it where the log is not, and events carry it on. */
export const maskReason = (mask: (line: string) => string, reason: Reason): Reason => ({
  ...reason,
  message: mask(reason.message),
  ...(reason.lastLines === undefined ? {} : { lastLines: reason.lastLines.map(mask) }),
});

/** A secret of several lines is printed line by line. */
const formsOf = (value: string): string[] =>
  [value, ...value.split("\n").map((line) => line.trim())].flatMap((text) => [
    text,
    Buffer.from(text).toString("base64"),
    Buffer.from(text).toString("base64url"), // without padding
    encodeURIComponent(text),
    encodeURIComponent(text).replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    JSON.stringify(text).slice(1, -1),
  ]);
