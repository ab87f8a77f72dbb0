import type { Who } from "./people.ts";
import type { Answer, Row } from "./platform.ts";
import { inputOf } from "./samples.ts";
import { fillPath, parametersOf, type Values } from "./target.ts";
import type { World } from "./world.ts";

/** One request of somebody, as its route wants it. */
export type Request_ = { method: string; path: string; headers: Record<string, string>; body?: string };

export const isContractRow = (row: Row): boolean => row.input !== null;

/** A complete request: what is in the path goes there, the rest into the query of a GET or into the body. */
export const requestOf = (row: Row, who: Who, values: Values): Request_ => {
  const { method } = row;
  if (!isContractRow(row)) return rawRequest(row, who, values);
  const input = inputOf(row, values);
  const inPath = parametersOf(row.path);
  const path = fillPath(row.path, { ...(input as Values), ...values });
  const rest = Object.fromEntries(Object.entries(input).filter(([name]) => !inPath.includes(name)));
  if (method === "GET") return { method, path: withQuery(path, rest), headers: who.headers };
  const headers = { ...who.headers, "content-type": "application/json" };
  return { method, path, headers, body: JSON.stringify(rest) };
};

/** Pages' forms and streams: who may not is refused before any of the body is read, so there is nothing in it. */
const rawRequest = ({ method, path, isSocket }: Row, who: Who, values: Values): Request_ => {
  const inPath = parametersOf(path);
  const given = Object.fromEntries(Object.entries(values).filter(([name]) => !inPath.includes(name)));
  const rest = isSocket === true ? { client: Bun.randomUUIDv7(), ...given } : given;
  const filled = withQuery(fillPath(path.replace(/\*$/, "matrix"), values), rest);
  if (method === "GET") return { method, path: filled, headers: { accept: "text/html", ...who.headers } };
  const headers = { ...who.headers, "content-type": "application/x-www-form-urlencoded" };
  return { method, path: filled, headers, body: "" };
};

const withQuery = (path: string, fields: Record<string, unknown>): string => {
  const query = new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, String(value)])).toString();
  return query === "" ? path : `${path}?${query}`;
};

export const send = ({ platform }: World, row: Row, request: Request_): Promise<Answer> =>
  row.isSocket === true
    ? platform.shakeHands(row.app, request.path, request.headers)
    : platform.send(row.app, request.method, request.path, request.headers, request.body);

/** Pages answer strangers with the way to sign in, and doubts with the way to dispel them; everything else is a status. */
export const outcomeOf = (row: Row, { status, headers, body }: Answer): string => {
  const location = headers.get("location") ?? "";
  if (!isContractRow(row) && status === 303 && location.startsWith("/sign-in/confirm")) return "unverified";
  if (!isContractRow(row) && status === 303 && /^\/sign-in(\?|$)/.test(location)) return "unauthenticated";
  if (status === 403) return body.includes('"unverified"') ? "unverified" : "forbidden";
  if (status === 401) return "unauthenticated";
  if (status === 404) return "hidden";
  return status >= 500 ? `broken (${status})` : "allowed";
};
