import type { AppRecord } from "@homeport/kit/registry/record.ts";
import type { AppLeases } from "./leases.ts";
import { tableLog } from "./log.ts";
import type { SavedTable } from "./saved-table.ts";
import type { WorkloadsSnapshot } from "./snapshot.ts";
import { buildTable, type Refused, type RouteTable } from "./table.ts";
import type { WorkloadRoutes } from "./workload-routes.ts";

export type Swap = { table: RouteTable; serialized: string };

/** Holds the table being served. Built from everything known, compared, and swapped whole when it differs. */
export class TableKeeper {
  private table: RouteTable;
  private serialized = "";
  private builtFrom: { apps: string; workloads: WorkloadsSnapshot | null } | null = null;
  private readonly listeners: ((swap: Swap) => void)[] = [];
  private readonly reported = new Set<string>();

  constructor(
    private readonly leases: AppLeases,
    private readonly workloads: WorkloadRoutes,
    private readonly platformHosts: ReadonlySet<string>,
  ) {
    this.table = buildTable({ apps: [], workloads: [], revision: null, ages: {}, owners: {}, platformHosts });
  }

  get current(): RouteTable {
    return this.table;
  }

  /** Whether the table came from Valkey or disk; before that "no such route" would be a guess. */
  get isLoaded(): boolean {
    return this.builtFrom !== null;
  }

  onSwap(listener: (swap: Swap) => void): void {
    this.listeners.push(listener);
  }

  restore(saved: SavedTable): void {
    this.leases.restore(saved.apps);
    if (saved.workloads !== null) this.workloads.restore(saved.workloads.revision, saved.workloads.routes);
    this.rebuild(saved);
  }

  /** Returns whether the table changed. */
  rebuild({ ages, owners }: Pick<RouteTable, "ages" | "owners"> = this.table): boolean {
    const apps = this.leases.live().map(withoutBeat);
    const source = { apps: JSON.stringify(apps), workloads: this.workloads.current };
    // Polls mostly bring nothing new; building and comparing thousands of hosts for that would be most of the idle work.
    if (source.apps === this.builtFrom?.apps && source.workloads === this.builtFrom.workloads) return false;
    this.builtFrom = source;
    const workloads = this.workloads.routes();
    const revision = source.workloads?.revision ?? null;
    const platformHosts = this.platformHosts;
    const records = apps.map(({ record }) => record);
    const table = buildTable({ apps: records, workloads, revision, ages, owners, platformHosts });
    const serialized = JSON.stringify({
      schema: 1,
      apps,
      workloads: revision === null ? null : { revision, routes: workloads },
      ages: table.ages,
      owners: table.owners,
    } satisfies SavedTable);
    if (serialized === this.serialized) return false;
    this.serialized = serialized;
    this.table = table;
    this.report(table);
    for (const listener of this.listeners) listener({ table, serialized });
    return true;
  }

  private report(table: RouteTable): void {
    const { revision } = table;
    tableLog.info({ prefixes: table.prefixes.length, hosts: table.hosts.length, revision }, "route table swapped");
    const current = new Set(table.refused.map(refusalKey));
    for (const refused of table.refused) {
      if (!this.reported.has(refusalKey(refused))) tableLog.warn({ refused }, "route refused");
    }
    this.reported.clear();
    for (const key of current) this.reported.add(key);
  }
}

/** A beat changes only `renewedAt`; that is no new table and no write to disk. */
function withoutBeat({ key, record }: { key: string; record: AppRecord }): { key: string; record: AppRecord } {
  return { key, record: { ...record, renewedAt: record.startedAt } };
}

const refusalKey = ({ kind, value, claimant }: Refused) => `${kind} ${value} ${claimant}`;
