import type { PlatformConfig } from "@homeport/kit/config.ts";
import type { Service } from "./service.ts";

/** A DNS label holds 63 octets (RFC 1035 section 2.3.4). */
const MAX_LABEL = 63;
const SUFFIX_LENGTH = 6;

/** A short name that depends on nothing but the workload's id, so that it stays the same for ever. */
const stableSuffix = (workloadId: string): string =>
  new Bun.CryptoHasher("sha256").update(workloadId).digest("hex").slice(0, SUFFIX_LENGTH);

/** The labels a workload may get, best first: `<service>-<project>`, then one with a stable suffix. */
export const hostLabels = (service: string, project: string, workloadId: string): string[] => {
  const plain = `${service}-${project}`;
  const room = MAX_LABEL - SUFFIX_LENGTH - 1;
  const suffixed = `${plain.slice(0, room).replace(/-+$/, "")}-${stableSuffix(workloadId)}`;
  return plain.length <= MAX_LABEL ? [plain, suffixed] : [suffixed];
};

export type UrlConfig = Pick<PlatformConfig, "baseDomain" | "appUrl">;

/** Where a service answers, with the port of the platform's own address. */
export const urlOf = ({ hostLabel }: Pick<Service, "hostLabel">, { baseDomain, appUrl }: UrlConfig): string =>
  `${appUrl.protocol}//${hostLabel}.${baseDomain}${appUrl.port === "" ? "" : `:${appUrl.port}`}`;
