import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { BuildFailure } from "../build-failure.ts";
import { GitUrl } from "../git-url.ts";
import type { GitCredential } from "../ports.ts";
import { trustedCertificates } from "./certificates.ts";
import { checkedAddresses, type EgressRules, resolveHost } from "./egress.ts";
import { firstReachable } from "./first-reachable.ts";
import { authorizationOf, checkTransport } from "./git-credential.ts";
import { movedRepository, privateRepository } from "./git-errors.ts";

/** Where a repository really is, and the only addresses that git may connect to for it: of an ssh server just one. */
export type RepositoryLocation = {
  url: GitUrl;
  addresses: string[];
  /** It is on the server that was asked for, so that server's credential may be sent. */
  isHome: boolean;
};

const MAX_REDIRECTS = 3;
const TIMEOUT_MS = 20_000;
/** What a git client asks first (gitprotocol-http(5), "Smart Clients"). */
const SERVICE = "/info/refs?service=git-upload-pack";

/**
 * Asks a server for a repository as git would, before git does. We follow its redirects one by one, with every host
 * checked, and then git may follow none; and a refusal can be told in plain words. A credential is sent to the server
 * that was asked for, and to no other that it sends us to.
 *
 * @throws {BuildFailure} repository_unreachable, repository_private, credential_refused, source_invalid
 */
export const locateRepository = async (
  asked: GitUrl,
  credential: GitCredential | null,
  rules: EgressRules,
  signal: AbortSignal,
  resolve = resolveHost,
): Promise<RepositoryLocation> => {
  let url = asked;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const addresses = await checkedAddresses(url.host, rules, resolve);
    if (url.scheme === "git") return { url, addresses, isHome: true }; // no redirects in that protocol
    if (url.scheme === "ssh") return { url, addresses: [await reachable(url, addresses, signal)], isHome: true };
    const isHome = isSameServer(url, asked);
    if (isHome) checkTransport(url, addresses, credential);
    const sent = isHome ? credential : null;
    const answer = await ask(url, addresses, sent, rules, signal);
    if (answer.kind === "refusal") {
      throw sent === credential ? privateRepository(credential) : movedRepository(url.host);
    }
    if (answer.kind === "repository") return { url, addresses, isHome };
    url = redirected(url, answer.location);
  }
  throw new BuildFailure(
    "repository_unreachable",
    `${asked.host} sends git from one address to the next and never to a repository.`,
  );
};

const isSameServer = (one: GitUrl, other: GitUrl): boolean =>
  one.scheme === other.scheme && one.host === other.host && one.port === other.port;

const reachable = async (url: GitUrl, addresses: string[], signal: AbortSignal): Promise<string> => {
  try {
    return await firstReachable(addresses, url.port, signal);
  } catch (err) {
    signal.throwIfAborted();
    throw unreachable(describe(url.host, err instanceof Error ? err : new Error(String(err)), false), err);
  }
};

type Answer = { kind: "repository" } | { kind: "refusal" } | { kind: "redirect"; location: string };

const ask = async (
  url: GitUrl,
  addresses: string[],
  credential: GitCredential | null,
  rules: EgressRules,
  signal: AbortSignal,
): Promise<Answer> => {
  const header = authorizationOf(credential);
  const response = await get(url, addresses, header === null ? {} : { authorization: header }, rules, signal);
  response.destroy(); // the list of refs is git's business, and may be long
  const status = response.statusCode ?? 0;
  if (status >= 300 && status < 400 && response.headers.location) {
    return { kind: "redirect", location: new URL(response.headers.location, `${url.href}/`).href };
  }
  if (status === 401 || status === 403 || status === 404 || status === 410) return { kind: "refusal" };
  const type = response.headers["content-type"] ?? "";
  if (status !== 200)
    throw unreachable(`${url.host} answered with HTTP ${status} when it was asked for the repository.`);
  // Plain files are served as text or unnamed bytes ("dumb" HTTP); a page for people is no repository.
  if (!type.startsWith("text/html")) return { kind: "repository" };
  throw unreachable(`${url.href} answers with a web page, not as a git repository.`);
};

const get = async (
  url: GitUrl,
  addresses: string[],
  authorization: Readonly<Record<string, string>>,
  { certificates }: EgressRules,
  signal: AbortSignal,
): Promise<IncomingMessage> => {
  const ca = url.scheme === "https" ? await trustedCertificates(certificates) : undefined;
  return new Promise((resolve, reject) => {
    const send = url.scheme === "https" ? httpsRequest : httpRequest;
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    const address = addresses[0] ?? "";
    const sent = send(`${url.href.replace(/\/$/, "")}${SERVICE}`, {
      // Some servers answer git and browsers differently, and go by this name.
      headers: { "user-agent": "git/2.39 (homeport)", "git-protocol": "version=2", accept: "*/*", ...authorization },
      ...(ca === undefined ? {} : { ca }),
      agent: false,
      signal: AbortSignal.any([signal, limit]),
      lookup: (_host, options, done) => {
        const family = isIP(address);
        if (options.all) done(null, [{ address, family }]);
        else done(null, address, family);
      },
    });
    sent.on("response", resolve);
    sent.on("error", (err) => {
      if (signal.aborted) reject(signal.reason);
      else reject(unreachable(describe(url.host, err, limit.aborted), err));
    });
    sent.end();
  });
};

const redirected = (from: GitUrl, location: string): GitUrl => {
  const base = location.replace(/\/info\/refs(\?.*)?$/, "");
  const parsed = GitUrl.safeParse(base);
  if (base === location || !parsed.success || (parsed.data.scheme !== "https" && parsed.data.scheme !== from.scheme)) {
    throw unreachable(`${from.host} redirects to a place that git does not follow.`);
  }
  return parsed.data;
};

const unreachable = (message: string, cause?: unknown): BuildFailure =>
  new BuildFailure("repository_unreachable", message, { cause });

const describe = (host: string, err: Error, timedOut: boolean): string => {
  const code = "code" in err ? String(err.code) : "";
  if (timedOut || code === "ETIMEDOUT") return `${host} did not answer within ${TIMEOUT_MS / 1000} seconds.`;
  if (code === "ECONNREFUSED" || code === "ConnectionRefused")
    return `${host} refuses connections: nothing listens there.`;
  if (/CERT|SSL|TLS|SIGNATURE|ALTNAME/i.test(`${code} ${err.message}`)) {
    return `The certificate of ${host} cannot be trusted (${code || err.message}).`;
  }
  return `${host} cannot be reached (${code || err.message}).`;
};
