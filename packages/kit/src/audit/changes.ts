import { Secret } from "../secret.ts";

type Fields = Record<string, unknown>;

/**
 * What differs between two states of a thing, for `before` and `after` of an audit entry. Give null for a thing that was
 * not there, or is not there any more: then it is the other state, whole.
 */
export const changes = (
  before: Fields | null,
  after: Fields | null,
): { before: Fields | null; after: Fields | null } => {
  if (before === null || after === null) return { before, after };
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = names.filter((name) => !isSame(before[name], after[name]));
  return { before: pick(before, changed), after: pick(after, changed) };
};

const pick = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(names.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]));

/** By value, whatever the order of fields: Postgres gives those of JSON back in an order of its own. */
const isSame = (a: unknown, b: unknown): boolean => {
  if (a instanceof Secret || b instanceof Secret) {
    return a instanceof Secret && b instanceof Secret && isSame(a.reveal(), b.reveal());
  }
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Fields, b as Fields];
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => isSame(left[name], right[name]));
};
