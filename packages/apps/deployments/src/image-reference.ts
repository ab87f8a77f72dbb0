import { z } from "zod";

const PART = "[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*";
const HOST = "[a-z0-9]+(?:[.-]+[a-z0-9]+)*(?::\\d{1,5})?";
const REFERENCE = new RegExp(
  `^((?:${HOST}/)?${PART}(?:/${PART})*)(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$`,
);

/** `registry/name:tag`, `name@sha256:…`; a repository of ours starts with the organisation. */
export const ImageReference = z
  .string()
  .trim()
  .max(400)
  .regex(REFERENCE, { error: "use an image reference such as nginx:1.27 or home/shop/api:latest", abort: true })
  .refine((text) => !text.startsWith("sha256:"), "must name an image, not only its id");

/**
 * An image of somebody else's registry by its whole name: `nginx` is `docker.io/library/nginx:latest`. A short name must
 * not reach a container engine: it would take `3f` for the beginning of the id of any image that it has, of any tenant.
 * With a digest the tag says nothing. Source: distribution/reference, ParseNormalizedNamed and TagNameOnly.
 */
export const wholeReference = (reference: string): string => {
  const [, name = reference, tag = ":latest", digest] = REFERENCE.exec(reference) ?? [];
  return `${wholeName(name)}${digest ?? tag}`;
};

const wholeName = (name: string): string => {
  const slash = name.indexOf("/");
  const first = slash === -1 ? "" : name.slice(0, slash);
  const isHost = first.includes(".") || first.includes(":") || first === "localhost";
  const host = isHost ? first.replace(/^index\.docker\.io$/, "docker.io") : "docker.io";
  const path = isHost ? name.slice(slash + 1) : name;
  return host === "docker.io" && !path.includes("/") ? `docker.io/library/${path}` : `${host}/${path}`;
};
