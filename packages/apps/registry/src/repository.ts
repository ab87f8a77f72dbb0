import type { Id, OrganisationId } from "@homeport/kit/ids.ts";
import type { Digest } from "./digest.ts";
import { parseDigest } from "./digest.ts";

export type RepositoryId = Id<"repository">;

export type Repository = { id: RepositoryId; organisationId: OrganisationId; name: string };

/** OCI distribution specification 1.1, "Pulling manifests"; ours have the organisation in front. */
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)+$/;
const MAX_NAME = 255;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** Whether it is `<organisation>/<name...>`. */
export const isRepositoryName = (name: string): boolean => name.length <= MAX_NAME && NAME.test(name);

export const isTag = (tag: string): boolean => TAG.test(tag);

export const organisationSlugOf = (name: string): string => name.slice(0, name.indexOf("/"));

/** What a manifest is asked for by. */
export type Reference = { tag: string } | { digest: Digest };

/** Null when it can be neither. */
export const parseReference = (text: string): Reference | null => {
  if (text.includes(":")) {
    const digest = parseDigest(text);
    return digest === null ? null : { digest };
  }
  return isTag(text) ? { tag: text } : null;
};

/** `home/shop/api:1.2`, `home/shop/api@sha256:…`, or without either for `latest`. Null when it is none of them. */
export const parseImageReference = (text: string): { name: string; reference: Reference } | null => {
  const at = text.indexOf("@");
  const colon = text.indexOf(":");
  const end = at >= 0 ? at : colon;
  const name = end < 0 ? text : text.slice(0, end);
  const reference = parseReference(end < 0 ? "latest" : text.slice(end + 1));
  const isRightKind = reference !== null && "digest" in reference === at >= 0;
  return isRepositoryName(name) && isRightKind ? { name, reference } : null;
};
