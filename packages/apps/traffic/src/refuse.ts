import { DomainError, type FieldIssue } from "@homeport/kit/errors.ts";

/** @throws {DomainError} invalid, naming every field, when there is an issue */
export const refuse = (issues: FieldIssue[]): void => {
  if (issues.length === 0) return;
  throw new DomainError("invalid", issues.map(({ path, message }) => `${path}: ${message}`).join("; "), { issues });
};
