import { DomainError } from "@homeport/kit/errors.ts";
import { type Certificate, parseCertificate, validityProblem } from "./certificate.ts";
import { wildcardOf } from "./certificate-names.ts";
import { chooseCertificate } from "./choose-certificate.ts";

/** About 10 KB each with its text and its context in the TLS library. */
const MAX_IN_MEMORY = 10_000;

/** A certificate of the folder: what is served, if anything, and what is wrong with its files, if anything. */
export type DirectoryEntry = { id: string; certificate: Certificate | null; problem: string | null };

/** For operators. Without names and times: files that were never good yet. */
export type CertificateListing = {
  id: string;
  source: "directory" | "memory";
  names: readonly string[];
  issuer: string | null;
  fingerprint: string | null;
  notBefore: Date | null;
  notAfter: Date | null;
  problem: string | null;
};

/**
 * All certificates of a gateway, those of its folder and those it was given. It decides per connection, so whatever
 * changes here holds for the next handshake, and never touches a connection that is up.
 */
export class CertificateStore {
  private readonly inMemory = new Map<string, Certificate>();
  private inDirectory: readonly DirectoryEntry[] = [];
  private readonly listeners = new Set<() => void>();
  /** By name as the certificate has it, wildcards as `*.suffix`. Null after a change, until somebody asks. */
  private index: Map<string, Certificate[]> | null = null;

  constructor(private readonly now: () => Date = () => new Date()) {}

  /**
   * Keeps a certificate in memory, in place of the one that has the same id. Returns the id: the certificate's
   * fingerprint unless one is given.
   *
   * @throws {DomainError} invalid, with what is wrong with the pair; the one before stays. `too_large` when the store is full.
   */
  put(pem: string, key: string, id?: string): string {
    const certificate = parseCertificate(pem, key);
    const kept = id ?? certificate.fingerprint;
    if (this.inMemory.size >= MAX_IN_MEMORY && !this.inMemory.has(kept)) {
      throw new DomainError("too_large", `The gateway holds at most ${MAX_IN_MEMORY} certificates.`);
    }
    this.inMemory.set(kept, certificate);
    this.changed();
    return kept;
  }

  /** Of those in memory; the folder's go with their files. False when there is none with the id. */
  remove(id: string): boolean {
    const isRemoved = this.inMemory.delete(id);
    if (isRemoved) this.changed();
    return isRemoved;
  }

  /** What the folder holds now; see `CertificateDirectory`. */
  replaceDirectory(entries: readonly DirectoryEntry[]): void {
    this.inDirectory = entries;
    this.changed();
  }

  /** The certificate for a name as a client sends it; null when none covers it. */
  find(serverName: string): Certificate | null {
    const name = (serverName.endsWith(".") ? serverName.slice(0, -1) : serverName).toLowerCase();
    this.index ??= this.buildIndex();
    const exact = this.index.get(name) ?? [];
    const wildcard = this.index.get(wildcardOf(name) ?? "") ?? [];
    return chooseCertificate([...exact, ...wildcard], name, this.now());
  }

  list(): CertificateListing[] {
    const inMemory = Array.from(this.inMemory, ([id, certificate]) =>
      this.listing("memory", { id, certificate, problem: null }),
    );
    return [...this.inDirectory.map((entry) => this.listing("directory", entry)), ...inMemory];
  }

  /** Called after every change. Returns what ends it. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private changed(): void {
    this.index = null;
    for (const listener of this.listeners) listener();
  }

  private buildIndex(): Map<string, Certificate[]> {
    const index = new Map<string, Certificate[]>();
    const fromDirectory = this.inDirectory.flatMap(({ certificate }) => certificate ?? []);
    for (const certificate of [...fromDirectory, ...this.inMemory.values()]) {
      for (const name of certificate.names) {
        const same = index.get(name);
        if (same === undefined) index.set(name, [certificate]);
        else same.push(certificate);
      }
    }
    return index;
  }

  private listing(source: CertificateListing["source"], entry: DirectoryEntry): CertificateListing {
    const { id, certificate, problem } = entry;
    const problems = [problem, certificate === null ? null : validityProblem(certificate, this.now())];
    return {
      id,
      source,
      names: certificate?.names ?? [],
      issuer: certificate?.issuer ?? null,
      fingerprint: certificate?.fingerprint ?? null,
      notBefore: certificate?.notBefore ?? null,
      notAfter: certificate?.notAfter ?? null,
      problem: problems.filter((found) => found !== null).join(" ") || null,
    };
  }
}
