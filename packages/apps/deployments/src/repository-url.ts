/** What the address of a repository says, in one spelling. */
export type RepositoryAddress = {
  scheme: "http" | "https" | "ssh" | "git";
  host: string;
  /** Null for the scheme's own. */
  port: number | null;
  /** Without slashes at its ends and without `.git`. */
  path: string;
};

const SCHEMES = { "http:": "http", "https:": "https", "ssh:": "ssh", "git:": "git" } as const;
const OWN_PORTS = { http: 80, https: 443, ssh: 22, git: 9418 } as const;
const SCP_LIKE = /^[^/@\s]+@([A-Za-z0-9.-]+):(?!\/\/)(.+)$/;

/** Takes an address apart, also `git@host:path`; null for what is none. */
export const readAddress = (url: string): RepositoryAddress | null => {
  const scp = SCP_LIKE.exec(url);
  if (scp !== null) {
    const [, host = "", path = ""] = scp;
    return { scheme: "ssh", host: host.toLowerCase(), port: null, path: plainPath(path) };
  }
  if (!URL.canParse(url)) return null;
  const { protocol, hostname, port, pathname } = new URL(url);
  const scheme = SCHEMES[protocol as keyof typeof SCHEMES];
  if (scheme === undefined || hostname === "") return null;
  const number = port === "" || Number(port) === OWN_PORTS[scheme] ? null : Number(port);
  return { scheme, host: hostname.toLowerCase(), port: number, path: plainPath(decoded(pathname)) };
};

/**
 * The same text for all addresses of one repository: over ssh and over https, with and without `.git`. Paths keep their
 * case, as some servers do. A port counts where it is not the scheme's own, but not that of ssh: servers that are reached
 * by both have two.
 */
export const repositoryOf = (url: string): string => {
  const address = readAddress(url);
  if (address === null) return url;
  const { scheme, host, port, path } = address;
  return `${host}${port === null || scheme === "ssh" ? "" : `:${port}`}/${path}`;
};

/** Whom a credential for this address is shown to: scheme, host and port. Null for what is no address. */
export const serverOf = (url: string): string | null => {
  const address = readAddress(url);
  if (address === null) return null;
  const { scheme, host, port } = address;
  return `${scheme}://${host}${port === null ? "" : `:${port}`}`;
};

/** Whether a server's own name of a repository, such as `team/app`, can be the one at this address. */
export const isNamed = (repository: string, name: string): boolean => {
  const [mine, theirs] = [repository.toLowerCase(), plainPath(name).toLowerCase()];
  return theirs !== "" && (mine === theirs || mine.endsWith(`/${theirs}`));
};

const plainPath = (path: string): string => path.replace(/^\/+|\/+$/g, "").replace(/\.git$/, "");

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a % that encodes nothing is part of the name
  }
};
