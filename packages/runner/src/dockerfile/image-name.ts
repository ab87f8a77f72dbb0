import { isIP } from "node:net";
import { kindOfAddress } from "@homeport/kit/egress/address-kind.ts";

/** Whose images a build may start from, besides those of public registries. */
export type OwnImages = {
  /** host:port of the platform's own registry. */
  registry: string;
  organisation: string;
};

/** Domain, path, tag and digest (github.com/distribution/reference). */
const NAME =
  /^(?:([a-zA-Z0-9.-]+(?::\d{1,5})?|\[[0-9a-fA-F:.]+\](?::\d{1,5})?)\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;
const MAX_NAME = 500;

/** Names by which clouds' metadata services are reached. */
const METADATA = /^(metadata|metadata\.google\.internal|instance-data(\.ec2\.internal)?)$/i;

export const isImageName = (name: string): boolean => name.length <= MAX_NAME && NAME.test(name);

/** Why a build may not start from an image of this name, as a sentence; null when it may. */
export const objectionTo = (name: string, own: OwnImages): string | null => {
  if (/^(sha256:)?[0-9a-f]{1,64}$/.test(name)) {
    return `"${shorten(name)}" may be the beginning of the id of somebody else's image. Write its name with a tag.`;
  }
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const host = /[.:]/.test(first) || first === "localhost" ? first : null;
  if (first === "homeport-build-cache") return "what builds leave on this engine belongs to them.";
  if (host === null) return null;
  if (host === own.registry && name.slice(slash + 1).split("/")[0] !== own.organisation) {
    return `${shorten(name)} belongs to another organisation.`;
  }
  const bareHost = host.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  return isForbidden(bareHost) ? `no image is fetched from ${shorten(bareHost)}.` : null;
};

/** Private networks and this machine may have registries; the addresses that clouds tell secrets at have none. */
const isForbidden = (host: string): boolean => {
  if (METADATA.test(host)) return true;
  if (isIP(host) !== 0) return !["public", "private"].includes(kindOfAddress(host));
  return /^(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+))*\.?$/i.test(host); // an address in a spelling that hides what it is
};

const shorten = (text: string): string => text.slice(0, 100);
