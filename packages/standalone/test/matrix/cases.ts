import { type Request_, requestOf } from "./ask.ts";
import type { Question } from "./expect.ts";
import type { Who } from "./people.ts";
import type { Row } from "./platform.ts";
import type { Entry } from "./policy.ts";
import {
  malformedValues,
  missingValues,
  PLACES,
  type Place,
  parametersOf,
  type Target,
  type Values,
} from "./target.ts";

/** Rows whose own rules are tested in their apps: protocols with credentials of their own, and files for everybody. */
export const ELSEWHERE = /^\/(v2|public)(\/|$)/;

/** One request that somebody tries. */
export type Case = { row: Row; who: Who; entry: Entry; place: Place | null; values: Values };

/** What a row is about; null for rows that name nothing, and for those that `targets` does not know. */
export const targetOf = (targets: readonly Target[], row: Row): Target | null =>
  targets.find(({ fits }) => fits.test(row.path)) ?? null;

/** Everything that can be aimed at with one route by one caller. */
export const casesOf = (target: Target | null, row: Row, who: Who, entry: Entry): Case[] => {
  if (parametersOf(row.path).length === 0 && target === null) return [{ row, who, entry, place: null, values: {} }];
  const isFree = target?.anyName === "always" || (target?.anyName === "writing" && row.method !== "GET");
  const aimAt = (place: Place): readonly Values[] => {
    if (isFree && (place === "missing" || place === "malformed")) return [];
    if (place === "malformed") return malformedValues(row);
    const values = place === "missing" ? missingValues(row) : target?.at[place];
    return values === undefined ? [] : [values];
  };
  return PLACES.flatMap((place) => aimAt(place).map((values) => ({ row, who, entry, place, values })));
};

export const questionOf = ({ row, who, entry, place }: Case): Question => ({
  who,
  entry,
  place,
  action: row.action,
  isList: row.resource === "projects",
});

/** What somebody must not read, whatever they ask for. */
export const unseenBy = (who: Who): string[] => {
  if (who.part !== undefined) return [];
  const mine = who.isStranger === true ? undefined : who.organisation;
  const limit = who.role === "member" ? who.granted?.in : who.scope?.in;
  return [
    ...(mine === "home" ? [] : ["homemark"]),
    ...(mine === "home" && limit !== "sibling" && !(who.role === "member" && limit === undefined) ? [] : ["ownmark"]),
    ...(mine === "home" && limit !== "own" && !(who.role === "member" && limit === undefined) ? [] : ["siblingmark"]),
    ...(mine === "away" ? [] : ["foreignmark", "awaymark"]),
  ];
};

/** The body without what differs between two requests of anybody. */
export const plain = (body: string): string =>
  body.replace(/"requestId":"[^"]*"/g, "").replace(/nonce="[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}/g, "");

export const describeCase = ({ row, who, place, values }: Case): string =>
  `${row.method} ${row.path} by ${who.name}${place === null ? "" : `, ${place} ${JSON.stringify(values).slice(0, 120)}`}`;

/** What holds it is there, which is what is decided about; what the sample names in it is not. */
const MAY_BE_EMPTY = /\/(reveal|manifests|policies\/\{host\}|policies\/:host)$/;

/** How a request came out wrong; null when it is as the policy says. */
export const faultOf = (one: Case, expected: string, outcome: string, status: number): string | null => {
  const isNowhere = one.place === "missing" || one.place === "malformed";
  if (expected === outcome) return null;
  // What no name can be is refused as such, before anybody asks what is there.
  if (isNowhere && status === 400 && expected !== "unauthenticated") return null;
  if (one.entry.about === "public" && status < 500) return null;
  if (expected === "allowed" && status === 404 && MAY_BE_EMPTY.test(one.row.path)) return null;
  return `${describeCase(one)}: ${outcome} (${status}), but should be ${expected}`;
};

/** Null, with a fault, where there is no sample for the route yet. */
export const requestOrFault = ({ row, who, values }: Case, faults: string[]): Request_ | null => {
  try {
    return requestOf(row, who, values);
  } catch (err) {
    const fault = err instanceof Error ? err.message : String(err);
    if (!faults.includes(fault)) faults.push(fault);
    return null;
  }
};
