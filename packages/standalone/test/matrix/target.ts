import type { Row } from "./platform.ts";

/** What fills the parts of a path, and those fields of an input that name something. */
export type Values = Readonly<Record<string, string>>;

/** Where a request aims: at something of the caller's, of their neighbours', of strangers', or at nothing. */
export const PLACES = ["own", "sibling", "foreign", "missing", "malformed"] as const;
export type Place = (typeof PLACES)[number];

/** What one kind of path is about. Where something cannot be, such as a sibling of an organisation, it is left out. */
export type Target = {
  /** `METHOD path` of the rows that it is for. */
  fits: RegExp;
  /** Ready for anybody who only looks or is refused. */
  at: Partial<Record<Exclude<Place, "missing" | "malformed">, Values>>;
  /** A new one, for somebody who may change it. Left out where changing does no harm to the others. */
  fresh?: () => Promise<Values>;
  /** Where any name will do: when writing, what is put there is made, and what is removed need not have been there. */
  anyName?: "writing" | "always";
};

const PARAMETER = /\{([^}]+)\}|:([A-Za-z]+)(\{[^}]*\})?/g;

/** The names of a path's parts, of contracts (`{name}`) and of pages (`:name`). */
export const parametersOf = (path: string): string[] =>
  [...path.matchAll(PARAMETER)].map((match) => match[1] ?? match[2] ?? "");

/** @throws {Error} when a part of the path has no value */
export const fillPath = (path: string, values: Values): string =>
  path.replace(PARAMETER, (_, braced?: string, colon?: string) => {
    const value = values[braced ?? colon ?? ""];
    if (value === undefined) throw new Error(`nothing fills ${braced ?? colon} of ${path}`);
    return encodeURIComponent(value);
  });

/** Names that are well formed, and nobody's. */
export const missingValues = (row: Row): Values =>
  Object.fromEntries(parametersOf(row.path).map((name) => [name, Bun.randomUUIDv7()]));

/** Texts that no name is. */
export const MALFORMED: readonly string[] = ["..%2f..", "' or 1=1 --", "\u0000", "x".repeat(300), "[]", "__proto__"];

export const malformedValues = (row: Row): Values[] =>
  MALFORMED.map((text) => Object.fromEntries(parametersOf(row.path).map((name) => [name, text])));
