import { constants } from "node:fs";
import { chown, mkdir, open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BuildFailure } from "../build-failure.ts";
import type { GitCredential } from "../ports.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { TOOLS } from "../sandbox/toolchain.ts";
import { authorizationOf } from "./git-credential.ts";
import type { RepositoryLocation } from "./git-probe.ts";
import { hostKeyIn, sshConfig } from "./ssh-config.ts";
import { keyFileOf } from "./ssh-key.ts";

/** What git is let in with. It is a folder that only git's own commands see, and it is gone before anything is built. */
export type GitAccess = {
  /** To be shown to git's commands. */
  folder: string;
  env: Readonly<Record<string, string>>;
  settings: readonly string[];
  /** The key that an ssh server showed, if there was none to compare it with. */
  hostKey(): Promise<string | null>;
  /** Safe to repeat. */
  close(): Promise<void>;
};

const SSH_PROGRAM = join(import.meta.dir, "ssh-program.mjs");
const MAX_KNOWN_HOSTS_BYTES = 64 * 1024;
/** Linux reads this much of a first line (binfmt_script). */
const MAX_INTERPRETER_CHARS = 200;

/** Puts what a repository's server wants to see into the job's folder, for git alone. Close it when git is done. */
export const openAccess = async (
  options: { sandbox: Sandbox; jobDir: string; certificates: string | undefined },
  location: RepositoryLocation,
  credential: GitCredential | null,
): Promise<GitAccess> => {
  const { sandbox, jobDir, certificates } = options;
  const folder = join(jobDir, "git-access");
  const place = sandbox.placeOf(folder);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  const owner = sandbox.user?.uid ?? null;
  const write = async (name: string, text: string, mode = 0o600): Promise<void> => {
    const path = join(folder, name);
    await writeFile(path, text, { mode, flag: "wx" });
    if (owner !== null) await chown(path, owner, owner);
  };
  if (owner !== null) await chown(folder, owner, owner);
  const access = {
    folder,
    env: {},
    settings: [],
    hostKey: async () => null,
    close: () => rm(folder, { recursive: true, force: true }),
  };
  if (location.url.scheme === "ssh")
    return { ...access, ...(await openSsh(write, place, folder, location, credential)) };
  if (certificates !== undefined) await write("certificates.pem", certificates);
  const header = location.isHome ? authorizationOf(credential) : null;
  if (header !== null) await write("gitconfig", headerConfig(location, header));
  return {
    ...access,
    env: header === null ? {} : { GIT_CONFIG_GLOBAL: join(place, "gitconfig") },
    settings: certificates === undefined ? [] : [`http.sslCAInfo=${join(place, "certificates.pem")}`],
  };
};

/** For this server only: git compares scheme, host and port (git-config(1), "http.<url>.*"). */
const headerConfig = ({ url }: RepositoryLocation, header: string): string =>
  `[http "${new URL("/", url.href).href}"]\n\textraHeader = Authorization: ${header}\n`;

type Write = (name: string, text: string, mode?: number) => Promise<void>;

const openSsh = async (
  write: Write,
  place: string,
  folder: string,
  { url, addresses }: RepositoryLocation,
  credential: GitCredential | null,
): Promise<Partial<GitAccess>> => {
  const knownHosts = credential?.kind === "ssh" ? credential.knownHosts : null;
  const config = sshConfig({
    url,
    address: addresses[0] ?? "",
    keyFile: join(place, "key"),
    knownHostsFile: join(place, "known_hosts"),
    isPinned: knownHosts !== null,
  });
  if (credential?.kind === "ssh") await write("key", keyFileOf(credential.privateKey.reveal()));
  await write("known_hosts", knownHosts === null ? "" : `${knownHosts.trim()}\n`);
  await write("ssh_config", config);
  await write("ssh.mjs", `${firstLine(place === folder)}${await Bun.file(SSH_PROGRAM).text()}`, 0o700);
  return {
    env: { GIT_SSH: join(place, "ssh.mjs"), GIT_SSH_VARIANT: "ssh" },
    hostKey: async () => (knownHosts === null ? hostKeyIn(await readOwn(join(folder, "known_hosts")), url) : null),
  };
};

/** Without a bunfig.toml that may lie in the folder where git runs. */
const firstLine = (isPlain: boolean): string => {
  const bun = isPlain ? process.execPath : join(TOOLS, "bun");
  if (!/\s/.test(bun) && bun.length <= MAX_INTERPRETER_CHARS) return `#!${bun} --config=/dev/null\n`;
  throw new BuildFailure(
    "internal",
    `ssh cannot be started on this machine: Bun lies at ${bun}, and that has to be a short path without spaces.`,
  );
};

/** What stands there may be a link by now: others than we could write into the folder. */
const readOwn = async (path: string): Promise<string> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);
  if (file === null) return "";
  try {
    const bytes = Buffer.alloc(MAX_KNOWN_HOSTS_BYTES);
    const { bytesRead } = await file.read(bytes, 0, MAX_KNOWN_HOSTS_BYTES, 0);
    return bytes.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
};
