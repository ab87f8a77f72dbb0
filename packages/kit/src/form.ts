import type { ZodType, z } from "zod";
import { DomainError } from "./errors.ts";
import { invalidFrom } from "./http/problem.ts";

/** What was wrong with a form: a sentence for the whole, and one per field under the field's name. */
export type FormErrors = { form?: string; fields?: Record<string, string> };

/** @throws {DomainError} invalid, with an issue per refused field */
export const parseForm = <T extends ZodType>(schema: T, values: unknown): z.output<T> => {
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  throw invalidFrom(parsed.error);
};

/**
 * Runs what a form asks for; when the person can mend what was wrong, `again` shows the form with the messages.
 * `fieldOf` names the field that shows a part of what is submitted, where it has not the part's own name.
 */
export const withFormErrors = async <T>(
  submit: () => Promise<T>,
  again: (errors: FormErrors, err: DomainError) => T | Promise<T>,
  fieldOf: Record<string, string> = {},
): Promise<T> => {
  try {
    return await submit();
  } catch (err) {
    if (err instanceof DomainError && err.status < 500) return again(formErrors(err, fieldOf), err);
    throw err;
  }
};

/** Puts each refused field's message at its field; anything else above the form. */
const formErrors = (err: DomainError, fieldOf: Record<string, string>): FormErrors => {
  if (err.issues.length === 0) return { form: err.message };
  const fields = err.issues.map(({ path, message }) => [fieldOf[path] ?? path, capitalised(message)]);
  return { fields: Object.fromEntries(fields) };
};

const capitalised = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1);
