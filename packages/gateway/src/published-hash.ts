import { LEASE_MS, type WorkloadRoute } from "@homeport/kit/registry/record.ts";
import type { Invalid, WorkloadsRead, WorkloadsSnapshot } from "./snapshot.ts";

/**
 * The newest whole snapshot of workload routes. An older revision (a Valkey that came back with an old dump) waits for
 * LEASE_MS: the clusters app repairs the hash every beat, so only a revision that nobody corrects is really the truth, as
 * after a restore of Postgres.
 */
export class WorkloadRoutes {
  private held: WorkloadsSnapshot | null = null;
  private olderSince: number | null = null;

  constructor(private readonly now: () => number) {}

  get current(): WorkloadsSnapshot | null {
    return this.held;
  }

  get invalid(): readonly Invalid[] {
    return this.held?.invalid ?? [];
  }

  routes(): WorkloadRoute[] {
    return this.held === null ? [] : [...this.held.entries.values()].map((entry) => entry.route);
  }

  restore(revision: number, routes: readonly WorkloadRoute[]): void {
    // No `raw`: the first read parses every record afresh.
    const entries = new Map(routes.map((route) => [route.workloadId as string, { raw: "", route }]));
    this.held = { revision, entries, invalid: [] };
  }

  /** Takes the snapshot if it may replace the one held; says in a sentence why not, or null when it was taken or the same. */
  consider(read: WorkloadsRead): string | null {
    if (read.kind === "incomplete") return read.reason;
    if (read.kind === "same") {
      this.olderSince = null;
      return null;
    }
    if (this.held !== null && read.snapshot.revision < this.held.revision) {
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
