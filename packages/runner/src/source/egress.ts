import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { type AddressKind, kindOfAddress } from "@homeport/kit/egress/address-kind.ts";
import { BuildFailure } from "../build-failure.ts";

export type EgressRules = {
  allowPrivateHosts: boolean;
  /** Certificates in PEM that are trusted besides the machine's: of git servers with an authority of their own. */
  certificates?: string | undefined;
};

export type Resolve = (host: string) => Promise<string[]>;

export const resolveHost: Resolve = async (host) => {
  const found = await lookup(host, { all: true, verbatim: true });
  return found.map(({ address }) => address);
};

const RESOLVE_TIMEOUT_MS = 10_000;

/**
 * The addresses of a host, every one of them checked. Connect to these and not to the name: it could lead elsewhere the
 * next time it is looked up.
 *
 * @throws {BuildFailure} repository_unreachable
 */
export const checkedAddresses = async (host: string, rules: EgressRules, resolve = resolveHost): Promise<string[]> => {
  const addresses = isIP(host) !== 0 ? [host] : await resolveInTime(host, resolve);
  const refused = addresses.find((address) => !isAllowed(kindOfAddress(address), rules));
  if (refused === undefined && addresses.length > 0) return addresses;
  if (refused === undefined) throw new BuildFailure("repository_unreachable", `There is no server named ${host}.`);
  const place = refused === host ? host : `${host} (${refused})`;
  throw new BuildFailure(
    "repository_unreachable",
    kindOfAddress(refused) === "private"
      ? `${place} is an address of this machine or its private network. Builds may not fetch from there unless the operator allows it.`
      : `${place} is not an address that repositories are fetched from.`,
  );
};

const isAllowed = (kind: AddressKind, { allowPrivateHosts }: EgressRules): boolean =>
  kind === "public" || (kind === "private" && allowPrivateHosts);

const resolveInTime = async (host: string, resolve: Resolve): Promise<string[]> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("timed out")), RESOLVE_TIMEOUT_MS);
  try {
    return await Promise.race([resolve(host), late.promise]);
  } catch (err) {
    throw new BuildFailure(
      "repository_unreachable",
      `There is no server named ${host}, or its name cannot be looked up.`,
      {
        cause: err,
      },
    );
  } finally {
    clearTimeout(timer);
  }
};
