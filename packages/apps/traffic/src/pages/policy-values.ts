import type { RoutePolicy } from "@homeport/kit/registry/policy.ts";

export type Fields = Record<string, string>;

/** Rows of the form for more users than there are. */
const SPARE_USERS = 3;

const checked = (value: boolean | undefined): string => (value === true ? "on" : "");
const digits = (value: number | undefined): string => (value === undefined ? "" : String(value));
const lines = (list: readonly string[] | undefined): string => (list ?? []).join("\n");

/** A policy as its form shows it: lists as lines of text, and never a password. */
export const policyValues = (policy: RoutePolicy): Fields => {
  const { maintenance, rateLimit, basicAuth, signIn, hsts } = policy;
  return {
    redirects: lines(policy.redirects?.map(({ from, to, status }) => `${from} ${to} ${status}`)),
    httpsOnly: checked(policy.httpsOnly),
    hsts: checked(hsts !== undefined),
    hstsMaxAge: digits(hsts?.maxAgeSeconds ?? 31_536_000),
    hstsSubdomains: checked(hsts?.includeSubdomains),
    hstsPreload: checked(hsts?.preload),
    allow: lines(policy.allow),
    maintenance: checked(maintenance !== undefined),
    maintenanceMessage: maintenance?.message ?? "",
    maintenanceRetryAfter: digits(maintenance?.retryAfterSeconds ?? 300),
    maintenanceExcept: lines(maintenance?.except),
    rateRequests: digits(rateLimit?.requests),
    rateWindow: digits(rateLimit?.windowSeconds ?? 60),
    ratePer: rateLimit?.per ?? "address",
    realm: basicAuth?.realm ?? "Restricted",
    ...Object.fromEntries((basicAuth?.users ?? []).map(({ name }, index) => [`user${index}`, name])),
    signIn: signIn === undefined ? "" : signIn.organisationId === undefined ? "anybody" : "organisation",
    signInOrganisation: signIn?.organisationId ?? "",
    compress: checked(policy.compress),
    sticky: checked(policy.sticky),
    maxBodyBytes: digits(policy.maxBodyBytes),
    connectTimeoutMs: digits(policy.connectTimeoutMs),
    responseTimeoutMs: digits(policy.responseTimeoutMs),
  };
};

/** The numbers of the form's rows for users: those that are filled, and some to add more. */
export const userRows = (values: Fields): number[] => {
  const filled = Object.entries(values).flatMap(([name, value]) =>
    value !== "" && /^user\d{1,3}$/.test(name) ? [Number(name.slice("user".length)) + 1] : [],
  );
  return Array.from({ length: Math.max(0, ...filled) + SPARE_USERS }, (_, row) => row);
};
