import { z } from "zod";

/** The address of a repository, taken apart. It can be handed to git: it is no option, no helper and no file. */
export type GitUrl = {
  scheme: "https" | "http" | "git" | "ssh";
  host: string;
  port: number;
  /** The address as git wants it, without user or password. */
  href: string;
};

const DEFAULT_PORT = { https: 443, http: 80, git: 9418, ssh: 22 } as const;
const MAX_LENGTH = 2048;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not be there
const CONTROL_OR_SPACE = /[\u0000-\u0020\u007f-\u00a0\u2028\u2029]/;
/** `git@host:path`, the short form of ssh:// that git knows (git-clone(1), "GIT URLS"). */
const SCP_LIKE = /^(?:[A-Za-z0-9._-]+@)([A-Za-z0-9.-]+):(?!\/\/)(.+)$/;

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
    if (scp !== null) return { scheme: "ssh", host: String(scp[1]), port: 22, href: text };
    return parseUrl(text, refuse);
  });

const parseUrl = (text: string, refuse: (message: string) => never): GitUrl => {
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
  if (url.search !== "" || url.hash !== "") return refuse("must not have a ? or # in it");
  if (url.pathname === "" || url.pathname === "/") return refuse("names a server but no repository");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return { scheme: known, host, port: url.port === "" ? DEFAULT_PORT[known] : Number(url.port), href: url.href };
};
