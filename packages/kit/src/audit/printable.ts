import { Secret } from "../secret.ts";

const MASK = "[secret]";
const MAX_CHARACTERS = 2_000;
const MAX_ITEMS = 200;
const MAX_DEPTH = 8;

/** Parts of names whose values are never written down; compared in lower case, without punctuation. */
const SECRET_PARTS = ["password", "passphrase", "secret", "token", "apikey", "privatekey", "credential"];
/** Whole names of that kind. Of a map of variables the names are kept. */
const SECRET_NAMES = new Set(["authorization", "cookie", "env", "value", "values", "variables", "kubeconfig"]);
/** `tokenId`, `password_changed_at`: about a secret, not one. */
const ABOUT = /(?:[a-z0-9](?:Ids?|At|Names?|Kind|Count|Hint|Days|Seconds|Ms)|_(?:ids?|at|names?|kind|count|hint))$/;

const isSecretName = (name: string): boolean => {
  const plain = name.replace(/[^a-z0-9]/gi, "").toLowerCase();
  if (SECRET_NAMES.has(plain)) return true;
  return !ABOUT.test(name) && SECRET_PARTS.some((part) => plain.includes(part));
};

/**
 * A value as the audit log keeps it: JSON that Postgres takes, with keys in order, secrets masked, and everything long
 * cut with a mark. Nulls and booleans tell no secret, and stay.
 */
export const printable = (value: unknown, isSecret = false, depth = 0): unknown => {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value;
  if (value instanceof Secret) return MASK;
  const shown = shownAs(value);
  if (typeof shown === "object" && shown !== null) {
    if (depth >= MAX_DEPTH) return "[deeper]";
    return Array.isArray(shown) ? printList(shown, isSecret, depth + 1) : printFields(shown, isSecret, depth + 1);
  }
  if (isSecret) return MASK;
  if (typeof shown === "number") return Number.isFinite(shown) ? shown : String(shown);
  return printText(String(shown));
};

/** Text of at most `max` characters and without what JSON can say and Postgres cannot: NUL and halves of pairs. */
export const printText = (text: string, max = MAX_CHARACTERS): string => {
  const cut = text.length > max ? `${text.slice(0, max)}… [cut: ${text.length} characters]` : text;
  return cut.toWellFormed().replaceAll("\0", "\ufffd");
};

/** What JSON would make of an object that is more than its fields. */
const shownAs = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[no date]" : value.toISOString();
  if (typeof value === "object" && value !== null && "toJSON" in value && typeof value.toJSON === "function") {
    return value.toJSON();
  }
  return value;
};

const printList = (list: readonly unknown[], isSecret: boolean, depth: number): unknown[] => {
  const items = list.slice(0, MAX_ITEMS).map((item) => printable(item, isSecret, depth));
  return list.length > MAX_ITEMS ? [...items, `[cut: ${list.length} items]`] : items;
};

const printFields = (fields: object, isSecret: boolean, depth: number): Record<string, unknown> => {
  const all = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const kept = all
    .slice(0, MAX_ITEMS)
    .map(([name, value]) => [printText(name, 200), printable(value, isSecret || isSecretName(name), depth)] as const);
  const rest = all.length > MAX_ITEMS ? [["[cut]", `${all.length} fields`] as const] : [];
  return Object.fromEntries([...kept, ...rest]);
};
