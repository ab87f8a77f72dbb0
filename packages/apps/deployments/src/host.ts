import type { PlatformConfig } from "@homeport/kit/config.ts";
import { PRODUCTION } from "./environment.ts";
import type { Service } from "./service.ts";

/** A DNS label holds 63 octets (RFC 1035 section 2.3.4). */
const MAX_LABEL = 63;
const SUFFIX_LENGTH = 6;

/** A short name that depends on nothing but this text, so that it stays the same for ever. */
const stableSuffix = (text: string): string =>
  new Bun.CryptoHasher("sha256").update(text).digest("hex").slice(0, SUFFIX_LENGTH);

/** `plain` cut to fit into a label, with a suffix that tells it from others that begin alike. */
const shortened = (plain: string, of: string): string => {
  const room = MAX_LABEL - SUFFIX_LENGTH - 1;
  return `${plain.slice(0, room).replace(/-+$/, "")}-${stableSuffix(of)}`;
};

/** The plain label, where it fits, then the one that nobody else can have. */
const candidates = (plain: string, of: string): string[] =>
  plain.length <= MAX_LABEL ? [plain, shortened(plain, of)] : [shortened(plain, of)];

type Named = { slug: string; projectSlug: string };

const baseOf = ({ slug, projectSlug }: Named): string => `${slug}-${projectSlug}`;

/** The labels a workload may get, best first: `<service>-<project>`, and `-env-<environment>` where it is not production. */
export const mainLabels = (service: Named, environment: { slug: string }, workloadId: string): string[] =>
  environment.slug === PRODUCTION
    ? candidates(baseOf(service), workloadId)
    : candidates(`${baseOf(service)}-env-${environment.slug}`, workloadId);

/** `<service>-<project>-branch-<branch>`; a branch whose name had to be changed for it gets a suffix of its own. */
export const branchLabels = (service: Named, branch: string, workloadId: string): string[] => {
  const text = branch
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  const plain = `${baseOf(service)}-branch-${text}`;
  const of = `${workloadId} ${branch}`;
  return text === branch ? candidates(plain, of) : [shortened(plain, of)];
};

/** `<service>-<project>-<part of its id>`: where one deployment answers as long as it runs. */
export const deploymentLabels = (service: Named, deploymentId: string): string[] =>
  candidates(`${baseOf(service)}-${deploymentId.slice(-8)}`, deploymentId);

export type UrlConfig = Pick<PlatformConfig, "baseDomain" | "appUrl">;

/** Where a service answers, with the port of the platform's own address. */
export const urlOf = ({ hostLabel }: Pick<Service, "hostLabel">, { baseDomain, appUrl }: UrlConfig): string =>
  `${appUrl.protocol}//${hostLabel}.${baseDomain}${appUrl.port === "" ? "" : `:${appUrl.port}`}`;
