import type { GitUrl } from "../git-url.ts";

/** How a server is called in known_hosts(5): the port stands there unless it is the usual one. */
export const knownName = ({ host, port }: Pick<GitUrl, "host" | "port">): string =>
  port === 22 ? host : `[${host}]:${port}`;

/**
 * The whole configuration of ssh for one repository (ssh_config(5)): one key, one server at one checked address, nothing of
 * the machine's or of a person's. With `isPinned`, only a key in the known_hosts file is believed; else the first that
 * comes, which is then the only one.
 */
export const sshConfig = (options: {
  url: Pick<GitUrl, "host" | "port">;
  address: string;
  keyFile: string;
  knownHostsFile: string;
  isPinned: boolean;
}): string => {
  const { url, address, keyFile, knownHostsFile, isPinned } = options;
  const lines = [
    `HostName ${address}`,
    `HostKeyAlias ${knownName(url)}`,
    "User git",
    `IdentityFile ${quoted(keyFile)}`,
    "IdentitiesOnly yes",
    "IdentityAgent none",
    "PreferredAuthentications publickey",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "GSSAPIAuthentication no",
    "HostbasedAuthentication no",
    "BatchMode yes",
    `StrictHostKeyChecking ${isPinned ? "yes" : "accept-new"}`,
    `UserKnownHostsFile ${quoted(knownHostsFile)}`,
    "GlobalKnownHostsFile /dev/null",
    "UpdateHostKeys no",
    "CheckHostIP no",
    "HashKnownHosts no",
    "VerifyHostKeyDNS no",
    "CanonicalizeHostname no",
    "ProxyCommand none",
    "ProxyJump none",
    "ControlMaster no",
    "ControlPath none",
    "ForwardAgent no",
    "ForwardX11 no",
    "ClearAllForwardings yes",
    "PermitLocalCommand no",
    "AddKeysToAgent no",
    "EnableEscapeCommandline no",
    "RequestTTY no",
    "ConnectionAttempts 1",
    "ConnectTimeout 20",
    "ServerAliveInterval 15",
    "ServerAliveCountMax 2",
    "LogLevel ERROR",
  ];
  // Of a newer ssh than the machine's: an unknown one is no error.
  return `IgnoreUnknown EnableEscapeCommandline\nHost *\n${lines.map((line) => `  ${line}\n`).join("")}`;
};

/** Percent signs and variables are expanded in names of files. */
const quoted = (path: string): string => `"${path.replaceAll("%", "%%")}"`;

const KEY_LINE = /^(\S+) ([a-z0-9@.-]{1,64} [A-Za-z0-9+/]+={0,2})$/;

/** The line about this server in a known_hosts file that ssh has written; null when it has none. */
export const hostKeyIn = (knownHosts: string, url: Pick<GitUrl, "host" | "port">): string | null => {
  const name = knownName(url);
  return knownHosts.split("\n").find((line) => KEY_LINE.exec(line)?.[1] === name) ?? null;
};
