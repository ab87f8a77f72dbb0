import { UsageError } from "./usage-error.ts";

/** @throws {UsageError} naming the option */
export const wholeNumber = (option: string, text: string, max: number): number => {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= max) return number;
  throw new UsageError(`${option} must be a whole number from 1 to ${max}, not "${text}".`);
};
