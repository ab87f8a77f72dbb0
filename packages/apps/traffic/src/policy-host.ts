import { PLATFORM_POLICY } from "@homeport/kit/registry/policy.ts";
import { z } from "zod";

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * A host as gateways read one: labels of at most 63 characters, 253 in all, the last one no number, since `127.1` is an
 * address to some clients (WHATWG URL, "ends in a number"). `*.` stands for exactly one label, as in a certificate.
 */
const isHostPattern = (host: string): boolean => {
  const name = host.startsWith("*.") ? host.slice(2) : host;
  const labels = name.split(".");
  return (
    name.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "")
  );
};

/** What a policy is for: `shop.example`, `*.shop.example`, or `(platform)` for the platform's own hosts. */
export const PolicyHost = z
  .string()
  .trim()
  .toLowerCase()
  .max(253)
  .overwrite((host) => host.replace(/\.$/, ""))
  .refine(
    (host) => host === PLATFORM_POLICY || isHostPattern(host),
    `must be a host name, *.name, or ${PLATFORM_POLICY} for the platform's own hosts`,
  );
