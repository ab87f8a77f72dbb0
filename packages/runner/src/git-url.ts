import { isIP } from "node:net";
import { z } from "zod";

/** The address of a repository, taken apart. It can be handed to git: it is no option, no helper and no file. */
export type GitUrl = {
  scheme: "https" | "http" | "git" | "ssh";
  /** A name in lower case, or an address without brackets. */
  host: string;
  port: number;
  /** The address as git wants it, without a password; of ssh only with a user. */
  href: string;
};

const DEFAULT_PORT = { https: 443, http: 80, git: 9418, ssh: 22 } as const;
const MAX_LENGTH = 2048;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not be there
const CONTROL_OR_SPACE = /[\u0000-\u0020\u007f-\u00a0\u2028\u2029]/;
/** `git@host:path`, the short form of ssh:// that git knows (git-clone(1), "GIT URLS"). */
const SCP_LIKE = /^([A-Za-z0-9._-]+)@([A-Za-z0-9.-]+):(?!\/\/)(.+)$/;
/** Of an ssh address: both become arguments of ssh, which takes what starts with a dash for an option. */
const SSH_USER = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
/** Without a dot at the end, which names the same server and is a second spelling of it for curl. */
const HOST_NAME = /^[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?$/;

type Refuse = (message: string) => never;

/**
 * Parses what a person typed as the address of a repository. Only addresses of servers pass: `ext::` and other remote
 * helpers run programs, `file:` and paths read the runner's own disk, a leading dash would be an option of git.
 */
export const GitUrl = z
  .string()
  .min(1, "is empty")
  .max(MAX_LENGTH, `has more than ${MAX_LENGTH} characters`)
  .transform((text, context): GitUrl => {
    const refuse = (message: string) => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    if (CONTROL_OR_SPACE.test(text)) return refuse("has spaces or control characters in it");
    if (text.startsWith("-")) return refuse("must not start with a dash");
    if (text.includes("\\")) return refuse("has a backslash in it");
    const scp = SCP_LIKE.exec(text);
    return scp === null ? parseUrl(text, refuse) : parseScpLike(text, scp, refuse);
  });

const parseScpLike = (text: string, [, user = "", name = "", path = ""]: RegExpExecArray, refuse: Refuse): GitUrl => {
  const host = name.toLowerCase();
  if (!SSH_USER.test(user)) return refuse("has a user name that ssh would take for something else");
  if (!isHost(host)) return refuse("does not name a server");
  if (path.startsWith("-")) return refuse("has a path that starts with a dash");
  return { scheme: "ssh", host, port: DEFAULT_PORT.ssh, href: text };
};

const parseUrl = (text: string, refuse: Refuse): GitUrl => {
  const scheme = /^([a-z][a-z0-9+.-]*):(:?)/i.exec(text);
  if (scheme === null) return refuse("must start with https://");
  const name = String(scheme[1]).toLowerCase();
  if (scheme[2] === ":" || !Object.hasOwn(DEFAULT_PORT, name)) {
    return refuse(`must start with https://, not ${name}:`);
  }
  if (!URL.canParse(text)) return refuse("is not a valid address");
  const url = new URL(text);
  if (!text.slice(name.length + 1).startsWith("//") || url.hostname === "") return refuse("names no server");
  const known = name as keyof typeof DEFAULT_PORT;
  // An ssh user is part of the address ("git@"); anything else between // and @ is a credential.
  if (url.password !== "" || (url.username !== "" && known !== "ssh")) {
    return refuse("must not contain a user name or password: it would be stored and shown in plain text");
  }
  if (url.username !== "" && !SSH_USER.test(url.username)) {
    return refuse("has a user name that ssh would take for something else");
  }
  if (url.search !== "" || url.hash !== "") return refuse("must not have a ? or # in it");
  if (url.pathname === "" || url.pathname === "/") return refuse("names a server but no repository");
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  if (!isHost(host)) return refuse("does not name a server");
  const port = url.port === "" ? DEFAULT_PORT[known] : Number(url.port);
  if (port === 0) return refuse("has the port 0, where nothing can listen");
  url.hostname = isIP(host) === 6 ? `[${host}]` : host; // of other schemes than http(s) it comes as it was typed
  return { scheme: known, host, port, href: url.href };
};

/** Of http(s), URL has looked at it already; the host of any other scheme can be nearly everything. */
const isHost = (host: string): boolean => isIP(host) !== 0 || (host.length <= 253 && HOST_NAME.test(host));
