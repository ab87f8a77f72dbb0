import type { BigIntStats } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { MAX_PEM_BYTES } from "./certificate.ts";

/** A folder with more is not one of certificates. */
const MAX_ENTRIES = 10_000;
const CHAIN_FILE = "fullchain.pem";
const KEY_FILE = "privkey.pem";

/** Where a certificate and its key belong, whether or not both are there. */
export type CertificatePair = {
  /** `shop/` for a folder, `shop` for files side by side: it stays the same while files come and go. */
  id: string;
  chainFile: string;
  keyFile: string;
};

/**
 * The pairs of a folder, by id: `<name>/fullchain.pem` with `privkey.pem`, as certbot lays them out, the same two without a
 * folder of their own (id `./`), and `<name>.crt` or `<name>.pem` with `<name>.key`. What begins with a dot is somebody's
 * work in progress, or how Kubernetes swaps a mounted secret.
 *
 * @throws what readdir throws, and an Error when there is far too much.
 */
export async function listPairs(folder: string): Promise<CertificatePair[]> {
  const entries = (await readdir(folder)).filter((entry) => !entry.startsWith("."));
  if (entries.length > MAX_ENTRIES) throw new Error(`it has more than ${MAX_ENTRIES} entries`);
  const present = new Set(entries);
  const pairs = new Map<string, CertificatePair>();
  for (const entry of entries) {
    const pair = pairOfFile(entry, present) ?? (await pairOfFolder(folder, entry));
    if (pair === null) continue;
    const { id, chainFile, keyFile } = pair;
    pairs.set(id, { id, chainFile: join(folder, chainFile), keyFile: join(folder, keyFile) });
  }
  return [...pairs.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * Differs as soon as either file may hold something else. Null while one of them is missing.
 *
 * @throws what stat throws for a file that may be there and cannot be looked at.
 */
export async function pairSignature({ chainFile, keyFile }: CertificatePair): Promise<string | null> {
  const [chain, key] = await Promise.all([statOrNull(chainFile), statOrNull(keyFile)]);
  return chain === null || key === null ? null : `${fileSignature(chain)} ${fileSignature(key)}`;
}

/** @throws {Error} when one cannot be read, or is too large to be what it should be. */
export async function readPair({ chainFile, keyFile }: CertificatePair): Promise<{ pem: string; key: string }> {
  return { pem: await readSmallFile(chainFile), key: await readSmallFile(keyFile) };
}

function pairOfFile(entry: string, present: ReadonlySet<string>): CertificatePair | null {
  if (entry === CHAIN_FILE || entry === KEY_FILE) return { id: "./", chainFile: CHAIN_FILE, keyFile: KEY_FILE };
  const name = /^(.+)\.(crt|pem|key)$/.exec(entry)?.[1];
  if (name === undefined) return null;
  const chainFile = present.has(`${name}.pem`) && !present.has(`${name}.crt`) ? `${name}.pem` : `${name}.crt`;
  return { id: name, chainFile, keyFile: `${name}.key` };
}

/** A folder with neither file is something else; one that cannot be looked into may have both. */
async function pairOfFolder(folder: string, entry: string): Promise<CertificatePair | null> {
  const pair = { id: `${entry}/`, chainFile: join(entry, CHAIN_FILE), keyFile: join(entry, KEY_FILE) };
  const signsOf = (file: string) => statOrNull(join(folder, file)).catch((err: unknown) => err);
  const signs = await Promise.all([pair.chainFile, pair.keyFile].map(signsOf));
  return signs.some((sign) => sign !== null) ? pair : null;
}

/** Null: surely absent. Follows symbolic links: certbot's and Kubernetes' files are such. */
const statOrNull = (file: string): Promise<BigIntStats | null> =>
  stat(file, { bigint: true }).catch((err: NodeJS.ErrnoException) => {
    if (err.code === "ENOENT" || err.code === "ENOTDIR") return null;
    throw err;
  });

const fileSignature = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join(":");

async function readSmallFile(file: string): Promise<string> {
  const found = await stat(file);
  if (!found.isFile()) throw new Error("not a file");
  if (found.size > MAX_PEM_BYTES) throw new Error(`larger than ${MAX_PEM_BYTES / 1024} KiB`);
  return readFile(file, "utf8");
}
