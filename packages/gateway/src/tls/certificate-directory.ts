import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DomainError } from "@homeport/kit/errors.ts";
import { Wake } from "../wake.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { type CertificatePair, listPairs, pairSignature, readPair } from "./certificate-files.ts";
import type { CertificateStore, DirectoryEntry } from "./certificate-store.ts";
import { tlsLog } from "./log.ts";

/** A watch misses changes on network file systems, and behind symbolic links that lead out of the folder. */
const POLL_MS = 30_000;
/** Who renews a certificate writes several files; looking in between would report a pair that is merely not finished. */
const SETTLE_MS = 200;
/** A pair that is gone may be about to come back: `rm -r shop && mv shop.new shop` is how many scripts put one in place. */
const GRACE_MS = 5_000;
const MAX_PAIRS = 2_000;

export type CertificateDirectoryOptions = {
  folder: string;
  store: CertificateStore;
  /** Monotonic milliseconds. */
  now?: () => number;
  pollMs?: number;
};

type Kept = {
  certificate: Certificate | null;
  problem: string | null;
  /** Of the files that were read last, good or not. */
  signature: string | null;
  missingSince: number | null;
};

/**
 * Keeps a store's certificates like those of a folder. What is broken, half written or unreadable is reported and never
 * takes away what was good before; only a pair whose files are both gone goes, and not at once.
 */
export class CertificateDirectory {
  private readonly kept = new Map<string, Kept>();
  private readonly wake = new Wake();
  private readonly now: () => number;
  /** What is wrong with the folder as a whole. */
  private problem: string | null = null;
  private isChanged = false;
  private watcher: FSWatcher | null = null;
  /** Tells the folder from another one that came in its place, with the same inode perhaps. */
  private watched: string | null = null;

  constructor(private readonly options: CertificateDirectoryOptions) {
    this.now = options.now ?? (() => performance.now());
  }

  /** Follows the folder until the signal is aborted. It may appear later, and come back as another one. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await this.watchFolder();
        await this.scan();
        await this.wake.wait(this.hasMissing ? GRACE_MS : (this.options.pollMs ?? POLL_MS), signal);
        await delay(SETTLE_MS, undefined, { signal }).catch(() => undefined); // rejects when it is aborted
      }
    } finally {
      this.watcher?.close();
    }
  }

  /** Brings the store up to date once. Not while `run` runs. Never throws: what is wrong is told by the store's list. */
  async scan(): Promise<void> {
    const pairs = await this.listPairs();
    if (pairs !== null) {
      for (const pair of pairs) await this.refresh(pair);
      this.dropMissing(new Set(pairs.map(({ id }) => id)));
    }
    if (!this.isChanged) return;
    this.isChanged = false;
    this.options.store.replaceDirectory(this.entries());
  }

  private get hasMissing(): boolean {
    return this.kept.values().some(({ missingSince }) => missingSince !== null);
  }

  private async listPairs(): Promise<CertificatePair[] | null> {
    try {
      const pairs = await listPairs(this.options.folder);
      const excess = pairs.length - MAX_PAIRS;
      this.setProblem(excess > 0 ? `${excess} more are not loaded: the limit is ${MAX_PAIRS}.` : null);
      // Those that are known come first, so that a new one never pushes one out.
      const known = pairs.filter(({ id }) => this.kept.has(id));
      return [...known, ...pairs.filter(({ id }) => !this.kept.has(id))].slice(0, MAX_PAIRS);
    } catch (err) {
      this.setProblem(`The folder cannot be read: ${reasonOf(err)}.`);
      return null;
    }
  }

  private setProblem(problem: string | null): void {
    if (problem === this.problem) return;
    this.problem = problem;
    this.isChanged = true;
    if (problem !== null) tlsLog.warn({ problem }, "the folder of certificates is not as it should be");
  }

  private async refresh(pair: CertificatePair): Promise<void> {
    const before = this.kept.get(pair.id);
    const found = await readChanged(pair, before?.signature ?? null);
    if (found === null) {
      if (before !== undefined) before.missingSince = null;
      return;
    }
    const certificate = before?.certificate ?? null;
    const kept = { certificate, problem: null, ...found, missingSince: null };
    this.kept.set(pair.id, kept);
    if (kept.certificate === certificate && kept.problem === before?.problem) return;
    this.isChanged = true;
    if (kept.problem === null) tlsLog.info({ id: pair.id, notAfter: kept.certificate?.notAfter }, "certificate loaded");
    else tlsLog.warn({ id: pair.id, problem: kept.problem }, "certificate files cannot be used");
  }

  private dropMissing(present: ReadonlySet<string>): void {
    for (const [id, kept] of this.kept) {
      if (present.has(id)) continue;
      kept.missingSince ??= this.now();
      if (this.now() - kept.missingSince < GRACE_MS) continue;
      this.kept.delete(id);
      this.isChanged = true;
      tlsLog.info({ id }, "certificate removed");
    }
  }

  private entries(): DirectoryEntry[] {
    const entries = Array.from(this.kept, ([id, { certificate, problem }]) => ({ id, certificate, problem }));
    entries.sort((a, b) => (a.id < b.id ? -1 : 1));
    return this.problem === null ? entries : [{ id: ".", certificate: null, problem: this.problem }, ...entries];
  }

  /** A watch ends with the folder it was made for, silently. */
  private async watchFolder(): Promise<void> {
    const found = await stat(this.options.folder).then(
      ({ ino, birthtimeMs }) => `${ino} ${birthtimeMs}`,
      () => null,
    );
    if (found === this.watched) return;
    this.watcher?.close();
    this.watcher = null;
    this.watched = null;
    if (found === null) return;
    try {
      this.watcher = watch(this.options.folder, { recursive: true }, () => this.wake.call());
      this.watcher.on("error", (err) => tlsLog.debug({ err }, "the watch on the folder of certificates failed"));
      this.watched = found;
    } catch (err) {
      tlsLog.debug({ err }, "the folder of certificates cannot be watched, only looked at from time to time");
    }
  }
}

/** What is in the files now, or null when they are the same as at the time of the signature. Never throws. */
async function readChanged(
  pair: CertificatePair,
  before: string | null,
): Promise<(Pick<Kept, "signature"> & ({ certificate: Certificate } | { problem: string })) | null> {
  let signature: string | null = null;
  try {
    signature = await pairSignature(pair);
    if (signature === null) return { signature, problem: await missingFile(pair) };
    if (signature === before) return null;
    const { pem, key } = await readPair(pair);
    return { signature, certificate: parseCertificate(pem, key) };
  } catch (err) {
    if (err instanceof DomainError) return { signature, problem: err.message };
    return { signature, problem: `The files cannot be read: ${reasonOf(err)}.` };
  }
}

async function missingFile({ chainFile, keyFile }: CertificatePair): Promise<string> {
  const isThere = await Bun.file(chainFile).exists();
  return `${basename(isThere ? keyFile : chainFile)} is missing.`;
}

const reasonOf = (err: unknown): string =>
  err instanceof Error && !("code" in err) ? err.message : String((err as { code: unknown }).code);
