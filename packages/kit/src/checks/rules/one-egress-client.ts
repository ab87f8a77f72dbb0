import { isCode, type Token } from "../tokens.ts";
import { isTest } from "../tree.ts";
import type { SourceRule } from "./rule.ts";

/**
 * Files that call out: kit's clients, the gateway's proxy, adapters whose address comes from the operator, and what runs
 * in the browser. Everything else goes through kit, which bounds time, bytes and redirects.
 */
const CALLERS = [
  /^packages\/kit\/src\/(client|log-append|egress\/safe-fetch)\.ts$/,
  /^packages\/(gateway|sdk|standalone|ui)\/src\//,
  /^packages\/agent\/src\/engines\//,
  /^packages\/runner\/src\/oci\//,
  /^packages\/(runner|apps\/[^/]+)\/src\/adapters\//,
  /^packages\/apps\/[^/]+\/src\/pages\/.*\.(island|client)\.tsx?$/,
];

/** R7: an address that a user can influence never reaches plain `fetch`, which reads files and follows redirects. */
export const oneEgressClient: SourceRule = {
  name: "one-egress-client",
  instead: "Call through kit's http client, or an adapter with a time limit.",
  exempt: (path) => isTest(path) || CALLERS.some((pattern) => pattern.test(path)),
  find: ({ tokens }) =>
    tokens.flatMap((token, i) =>
      isCode(token, "fetch") && isCode(tokens[i + 1], "(") && isGlobal(tokens, i) && !isDefinition(tokens, i)
        ? [{ line: token.line, problem: "A bare fetch() has no bound of its own." }]
        : [],
    ),
};

const isGlobal = (tokens: readonly Token[], i: number): boolean =>
  !isCode(tokens[i - 1], ".") || ["globalThis", "window", "Bun"].some((name) => isCode(tokens[i - 2], name));

/** `fetch(request) { … }` or `fetch(request): Response { … }` in an object or a class, and `function fetch(…)`. */
const isDefinition = (tokens: readonly Token[], i: number): boolean => {
  if (isCode(tokens[i - 1], "function")) return true;
  if (!["{", ",", ";", "}", "async"].some((before) => isCode(tokens[i - 1], before))) return false;
  let depth = 0;
  for (let at = i + 1; at < tokens.length; at++) {
    if (isCode(tokens[at], "(")) depth++;
    if (isCode(tokens[at], ")") && --depth === 0) return isCode(tokens[at + 1], "{") || isCode(tokens[at + 1], ":");
  }
  return false;
};
