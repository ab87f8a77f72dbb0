import { existsSync } from "node:fs";
import { chmod, cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../docker/command.ts";
import type { BaseImage } from "./catalog.ts";

const CA_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/** Loaded by name at the first lookup of a host, so `ldd` does not show them. */
const NAME_SERVICES = ["libnss_dns.so.2", "libnss_files.so.2"];

const USERS = [
  "root:x:0:0:root:/root:/bin/sh",
  "node:x:1000:1000::/home/node:/bin/sh",
  "nobody:x:65534:65534::/:/bin/false",
];
const GROUPS = ["root:x:0:", "node:x:1000:", "nogroup:x:65534:"];

/** Lays an image's files out below `root`. Nothing comes from a network. */
export const layOut = async (root: string, image: BaseImage): Promise<void> => {
  for (const folder of ["/bin", "/usr/bin", "/etc", "/root", "/home/node", image.workingDir]) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await mkdir(join(root, "tmp"));
  await chmod(join(root, "tmp"), 0o1777);
  for (const [path, source] of Object.entries(image.programs)) await copy(source, join(root, path));
  for (const library of await librariesOf(Object.values(image.programs))) await copy(library, join(root, library));
  for (const [path, source] of Object.entries(image.folders ?? {})) await copy(source, join(root, path));
  for (const [path, target] of Object.entries(image.links)) await symlink(target, join(root, path));
  await linkTools(root);
  await writeFile(join(root, "etc/passwd"), `${USERS.join("\n")}\n`);
  await writeFile(join(root, "etc/group"), `${GROUPS.join("\n")}\n`);
  await writeFile(join(root, "etc/nsswitch.conf"), "hosts: files dns\n");
  if (existsSync(CA_CERTIFICATES)) await copy(CA_CERTIFICATES, join(root, CA_CERTIFICATES));
};

/** What programs that bring certificates of their own need to trust the ones the machine trusts. */
export const trustEnv = (): Record<string, string> =>
  existsSync(CA_CERTIFICATES) ? { SSL_CERT_FILE: CA_CERTIFICATES, NODE_EXTRA_CA_CERTS: CA_CERTIFICATES } : {};

/** Symbolic links are resolved: the libraries' names are links to their versions. */
const copy = async (source: string, target: string): Promise<void> => {
  await mkdir(dirname(target), { recursive: true });
  await cp(source, target, { recursive: true, dereference: true });
};

/** The shared libraries of the programs and their loader, by path. */
const librariesOf = async (programs: readonly string[]): Promise<ReadonlySet<string>> => {
  const libraries = new Set<string>();
  for (const program of programs) {
    const listing = await run(["ldd", program]).catch(() => ""); // "not a dynamic executable" is an error to ldd
    for (const [, path] of listing.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)) libraries.add(path as string);
  }
  const libc = [...libraries].find((path) => path.endsWith("/libc.so.6"));
  if (libc === undefined) return libraries;
  for (const name of NAME_SERVICES) {
    const path = join(dirname(libc), name);
    if (existsSync(path)) libraries.add(path);
  }
  return libraries;
};

/** A link for each tool that busybox has, unless the image brings the real one. `/usr/bin/env` is where scripts look. */
const linkTools = async (root: string): Promise<void> => {
  const tools = (await run([join(root, "bin/busybox"), "--list"])).trim().split("\n");
  for (const tool of tools) {
    if (!existsSync(join(root, "bin", tool))) await symlink("busybox", join(root, "bin", tool));
  }
  await symlink("/bin/busybox", join(root, "usr/bin/env"));
};
