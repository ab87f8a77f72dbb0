import type { Visitor } from "@homeport/kit/gate.ts";

/**
 * Who it is, for the upstream. The plane drops these names, and every other `X-Homeport-*`, from what a client sends.
 * `organisationId`: the one whose members may enter, or null.
 */
export function visitorHeaders(
  { personId, email, name }: Visitor,
  organisationId: string | null,
): readonly (readonly [string, string])[] {
  const headers: [string, string][] = [
    ["X-Homeport-User", personId],
    ["X-Homeport-Email", headerText(email)],
    ["X-Homeport-Name", headerText(name)],
  ];
  if (organisationId !== null) headers.push(["X-Homeport-Organisation", organisationId]);
  return headers;
}

/**
 * Printable ASCII as it is, everything else and `%` as percent-encoded UTF-8, the way RFC 8187 section 3.2.1 does: header
 * fields hold no other characters that all parsers agree on. `decodeURIComponent` gives the text back.
 */
export const headerText = (text: string): string =>
  text.toWellFormed().replace(/[^\x20-\x24\x26-\x7e]+/g, (run) => encodeURIComponent(run));
