import { type ZodType, z } from "zod";
import { MAX_LINE, type PlainSetting, type SettingDeclaration, SettingDeclarations } from "./declaration.ts";
import { isSimplePattern, wholePattern } from "./pattern.ts";

const MAX_TEXT = 1_000;
const MAX_SECRET = 10_000;

/** Line breaks and other control characters; NUL among them, which Postgres cannot store. */
const ONE_LINE = /^[^\p{Cc}]*$/u;

const line = (max: number) =>
  z.string("must be text").max(max, `must have at most ${max} characters`).regex(ONE_LINE, "must be one line");

/** An address people can be sent to; the empty text means that there is none. */
const url = line(2_000).refine(
  (text) => text === "" || isWebAddress(text),
  "must be an address with http:// or https://, without a password",
);
const email = line(254).refine((text) => text === "" || z.email().safeParse(text).success, "must be an e-mail address");

/** The schema of a setting's value as JSON has it; made from the declaration, so that it is the same for everybody. */
export const settingSchema = (declaration: SettingDeclaration): ZodType<PlainSetting> => {
  switch (declaration.type) {
    case "boolean":
      return z.boolean("must be true or false");
    case "integer": {
      const { min, max, unit } = declaration;
      const message = `must be a whole number from ${min} to ${max}${unit === undefined ? "" : ` (${unit})`}`;
      return z.int(message).min(min, message).max(max, message);
    }
    case "text": {
      const { pattern, maxLength } = declaration;
      const text = line(maxLength ?? MAX_TEXT);
      if (pattern === undefined) return text;
      const whole = wholePattern(pattern);
      return text.refine((value) => value === "" || whole.test(value), `must match ${pattern}`);
    }
    case "url":
      return url;
    case "email":
      return email;
    case "choice": {
      const values = declaration.options.map(({ value }) => value);
      return z.enum(values, `must be one of: ${values.join(", ")}`);
    }
    case "lines": {
      const { maxItems } = declaration;
      return z.array(line(MAX_LINE), "must be a list of lines").max(maxItems, `must have at most ${maxItems} lines`);
    }
    case "secret":
      return z
        .string("must be text")
        .min(1, "must not be empty")
        .max(MAX_SECRET, `must have at most ${MAX_SECRET} characters`)
        .refine((text) => !text.includes("\0"), "must not contain NUL");
  }
};

const WORDS = new Map([
  ...["true", "on", "yes", "1"].map((word) => [word, true] as const),
  ...["false", "off", "no", "0", ""].map((word) => [word, false] as const),
]);

/**
 * What text from a form or the environment means as a value of this type. Not checked yet: what means nothing comes back
 * as it is, for the schema to refuse.
 */
export const plainFromText = ({ type }: Pick<SettingDeclaration, "type">, text: string): unknown => {
  switch (type) {
    case "boolean":
      return WORDS.get(text.trim().toLowerCase()) ?? text;
    case "integer":
      return /^\s*-?\d{1,16}\s*$/.test(text) ? Number(text) : text;
    case "lines":
      return text
        .split("\n")
        .map((each) => each.trim())
        .filter((each) => each !== "");
    case "secret":
      return text;
    default:
      return text.trim();
  }
};

/** What is wrong with a declaration beyond its shape; null when it can be used. */
const problemOf = (declaration: SettingDeclaration): string | null => {
  if (declaration.type === "secret") return null;
  if (declaration.type === "text" && declaration.pattern !== undefined && !isSimplePattern(declaration.pattern))
    return `${declaration.key}: the pattern must be a row of characters without groups, of which two may repeat`;
  const parsed = settingSchema(declaration).safeParse(declaration.default);
  return parsed.success ? null : `${declaration.key}: the default ${parsed.error.issues[0]?.message}`;
};

/** All settings of an app, as they can be used: no key twice, and defaults that fit. */
export const DeclaredSettings = SettingDeclarations.superRefine((declarations, context) => {
  const keys = declarations.map(({ key }) => key);
  const twice = keys.filter((key, index) => keys.indexOf(key) !== index);
  const problems = [
    ...declarations.flatMap((each) => problemOf(each) ?? []),
    ...twice.map((key) => `${key}: is declared twice`),
  ];
  for (const message of problems) context.addIssue({ code: "custom", message });
});

const isWebAddress = (text: string): boolean => {
  const parsed = URL.parse(text);
  if (parsed === null || (parsed.protocol !== "http:" && parsed.protocol !== "https:")) return false;
  return parsed.username === "" && parsed.password === ""; // it would be shown, and kept in the audit log
};
