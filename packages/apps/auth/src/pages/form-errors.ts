import type { DomainError } from "@homeport/kit/errors.ts";

export type FormErrors = { form?: string; fields?: Record<string, string> };

/** Puts each refused field's message at its field; anything else above the form. */
export const formErrors = (err: DomainError): FormErrors => {
  if (err.issues.length === 0) return { form: err.message };
  return { fields: Object.fromEntries(err.issues.map((issue) => [issue.path, capitalised(issue.message)])) };
};

const capitalised = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1);
