import { LEASE_MS } from "@homeport/kit/registry/record.ts";
import type { HashRead, HashSnapshot, Invalid } from "./snapshot.ts";

/**
 * The newest whole snapshot of a published hash. An older revision (a Valkey that came back with an old dump) waits for
 * LEASE_MS: the app that publishes it repairs the hash every beat, so only a revision that nobody corrects is really the
 * truth, as after a restore of Postgres.
 */
export class PublishedHash<Record> {
  private held: HashSnapshot<Record> | null = null;
  private olderSince: number | null = null;

  constructor(private readonly now: () => number) {}

  get current(): HashSnapshot<Record> | null {
    return this.held;
  }

  get invalid(): readonly Invalid[] {
    return this.held?.invalid ?? [];
  }

  records(): Record[] {
    return this.held === null ? [] : [...this.held.entries.values()].map((entry) => entry.record);
  }

  restore(revision: number, records: readonly (readonly [field: string, record: Record])[]): void {
    // No `raw`: the first read parses every record afresh.
    const entries = new Map(records.map(([field, record]) => [field, { raw: "", record }]));
    this.held = { revision, entries, invalid: [] };
  }

  /** Takes the snapshot if it may replace the one held; says in a sentence why not, or null when it was taken or the same. */
  consider(read: HashRead<Record>): string | null {
    const isOlder = read.kind === "whole" && this.held !== null && read.snapshot.revision < this.held.revision;
    if (!isOlder) this.olderSince = null;
    if (read.kind === "absent") return "The hash has no _meta.";
    if (read.kind === "incomplete") return read.reason;
    if (read.kind === "same") return null;
    if (this.held !== null && isOlder) {
      this.olderSince ??= this.now();
      if (this.now() - this.olderSince < LEASE_MS) {
        return `Revision ${read.snapshot.revision} is older than ${this.held.revision}, which is being served.`;
      }
    }
    this.olderSince = null;
    this.held = read.snapshot;
    return null;
  }
}
