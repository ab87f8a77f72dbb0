import type { PolicyRequest } from "./policy-request.ts";

/** Where browsers reach this gateway. */
export type PublicAddress = {
  /** Of the platform. */
  appUrl: URL;
  /** The ports that are listened on; null without TLS. */
  ports: () => { http: number; https: number | null };
};

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/**
 * Scheme, host and port that a browser can be sent back to. The port of the request counts only when it is one of ours: a
 * forged one would send people, with a ticket, to whatever listens there on the same machine.
 */
export function publicOrigin(
  { scheme, hostName, authority }: Pick<PolicyRequest, "scheme" | "hostName" | "authority">,
  { appUrl, ports }: PublicAddress,
): string {
  const own: (number | null)[] = [
    appUrl.protocol === `${scheme}:` ? portOf(appUrl, scheme) : null,
    ports()[scheme],
    appUrl.port === "" ? DEFAULT_PORTS[scheme] : null,
  ];
  const known = own.filter((port) => port !== null);
  const given = givenPort(authority) ?? DEFAULT_PORTS[scheme];
  const port = known.includes(given) ? given : (known[0] ?? DEFAULT_PORTS[scheme]);
  return `${scheme}://${hostName}${port === DEFAULT_PORTS[scheme] ? "" : `:${port}`}`;
}

const portOf = (url: URL, scheme: "http" | "https"): number =>
  url.port === "" ? DEFAULT_PORTS[scheme] : Number(url.port);

const givenPort = (authority: string): number | null => {
  const port = /:(\d{1,5})$/.exec(authority)?.[1];
  return port === undefined ? null : Number(port);
};
