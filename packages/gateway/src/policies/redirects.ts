import type { Redirect } from "@homeport/kit/registry/policy.ts";
import type { Reply } from "../error-pages.ts";
import type { PolicyRequest } from "./policy-request.ts";

/** A rule taken apart, so that a request only compares and joins strings. */
type Rule = {
  status: number;
  /** Without the `/*` at its end; with it (`isTree`) everything below fits too. */
  from: string;
  isTree: boolean;
  /** Null: the site that was asked. */
  origin: string | null;
  /** Without the `/*` at its end; with it (`keepsRest`) what `from` left open follows, with the query. */
  to: string;
  keepsRest: boolean;
};

/** Printable ASCII stands in a Location as it is; not so what parsers of URLs read as something else. */
const UNSAFE = /[^\x21-\x7e]|["#<>\\^`{|}]/gu;

/** The redirect rules of one host, in order; the first that fits answers. A rule never sends a request to itself. */
export class Redirects {
  private readonly rules: readonly Rule[];

  constructor(redirects: readonly Redirect[]) {
    this.rules = redirects.flatMap((redirect) => parseRule(redirect) ?? []);
  }

  answer(request: PolicyRequest): Reply | null {
    const { path, query } = splitTarget(request.target);
    if (!path.startsWith("/")) return null; // `*` of OPTIONS
    for (const rule of this.rules) {
      if (!isAt(path, rule.from, rule.isTree) || leadsBack(rule, path, request)) continue;
      return redirectReply(rule.status, locationOf(rule, path, query));
    }
    return null;
  }
}

export function redirectReply(status: number, location: string): Reply {
  return { status, headers: [["location", location]], body: "" };
}

/** Null when `to` names a host that no client could ask. */
function parseRule({ from, to, status }: Redirect): Rule | null {
  const [, site, path = ""] = /^(https?:\/\/[^/?#]+)?(.*)$/s.exec(to) ?? [];
  if (site !== undefined && !URL.canParse(site)) return null;
  const isTree = from.endsWith("/*");
  const keepsRest = path.endsWith("/*");
  return {
    status,
    from: isTree ? from.slice(0, -2) : from,
    isTree,
    origin: site === undefined ? null : new URL(site).origin,
    to: keepsRest ? path.slice(0, -2) : path,
    keepsRest,
  };
}

function locationOf({ from, origin, to, keepsRest }: Rule, path: string, query: string): string {
  const target = keepsRest ? `${to}${escapeUnsafe(path.slice(from.length))}${escapeUnsafe(query)}` : to;
  if (origin !== null) return `${origin}${target.startsWith("/") ? "" : "/"}${target}`;
  // Two of them at the start would name another host: browsers read `\` as `/` (WHATWG URL, "relative slash state").
  return `/${target.replace(/^[/\\]+/, "")}`;
}

/** Whether the rule would send on what is already where it leads: that would go on for ever. */
function leadsBack({ from, origin, to, keepsRest }: Rule, path: string, request: PolicyRequest): boolean {
  const isThere = keepsRest ? isAt(path, to, true) && isAt(to, from, true) : path === pathOf(to);
  return isThere && (origin === null || origin === originOf(request));
}

const isAt = (path: string, place: string, isTree: boolean): boolean =>
  path === place || (isTree && path.startsWith(`${place}/`));

const pathOf = (to: string): string => /^[^?#]*/.exec(to)?.[0] || "/";

function originOf({ scheme, authority }: PolicyRequest): string | null {
  const site = `${scheme}://${authority}`;
  return URL.canParse(site) ? new URL(site).origin : null;
}

/** A part of a target as a Location may hold it. A target holds bytes: each character beyond ASCII is one of the client's bytes. */
export function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const bytes = code < 0x100 ? Buffer.of(code) : Buffer.from(character);
    return [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
  });
}

function splitTarget(target: string): { path: string; query: string } {
  const at = target.indexOf("?");
  return at === -1 ? { path: target, query: "" } : { path: target.slice(0, at), query: target.slice(at) };
}
