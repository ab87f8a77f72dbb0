import type { HostPolicy } from "@homeport/kit/registry/policy.ts";
import type { AppRecord, WorkloadRoute } from "@homeport/kit/registry/record.ts";
import type { AppLeases } from "./leases.ts";
import { tableLog } from "./log.ts";
import type { PublishedHash } from "./published-hash.ts";
import type { SavedTable } from "./saved-table.ts";
import type { HashSnapshot } from "./snapshot.ts";
import { buildTable, type Refused, type RouteTable } from "./table.ts";

export type Swap = { table: RouteTable; serialized: string };

/** Holds the table being served. Built from everything known, compared, and swapped whole when it differs. */
export class TableKeeper {
  private table: RouteTable;
  private serialized = "";
  /** Grows with each swap. */
  version = 0;
  private builtFrom: {
    apps: string;
    workloads: HashSnapshot<WorkloadRoute> | null;
    policies: HashSnapshot<HostPolicy> | null;
  } | null = null;
  private readonly listeners: ((swap: Swap) => void)[] = [];
  private readonly reported = new Set<string>();

  constructor(
    private readonly leases: AppLeases,
    private readonly workloads: PublishedHash<WorkloadRoute>,
    private readonly policies: PublishedHash<HostPolicy>,
    private readonly platformHosts: ReadonlySet<string>,
  ) {
    const nothing = { apps: [], workloads: [], revision: null, policies: [], policyRevision: null };
    this.table = buildTable({ ...nothing, ages: {}, owners: {}, platformHosts });
  }

  get current(): RouteTable {
    return this.table;
  }

  /** Whether the table came from Valkey or disk; before that "no such route" would be a guess. */
  get isLoaded(): boolean {
    return this.builtFrom !== null;
  }

  /** Equal tables have equal ones, in whatever process. */
  get hash(): string {
    return Bun.hash(this.serialized).toString(16);
  }

  onSwap(listener: (swap: Swap) => void): void {
    this.listeners.push(listener);
  }

  restore(saved: SavedTable): void {
    this.leases.restore(saved.apps);
    const { workloads, policies } = saved;
    if (workloads !== null) {
      this.workloads.restore(
        workloads.revision,
        workloads.routes.map((route) => [route.workloadId, route]),
      );
    }
    if (policies !== null) {
      this.policies.restore(
        policies.revision,
        policies.policies.map((policy) => [policy.host, policy]),
      );
    }
    this.rebuild(saved);
  }

  /** Returns whether the table changed. */
  rebuild({ ages, owners }: Pick<RouteTable, "ages" | "owners"> = this.table): boolean {
    const apps = this.leases.live().map(withoutBeat);
    const source = {
      apps: JSON.stringify(apps),
      workloads: this.workloads.current,
      policies: this.policies.current,
    };
    // Polls mostly bring nothing new; building and comparing thousands of hosts for that would be most of the idle work.
    const known = this.builtFrom;
    const isSame = source.workloads === known?.workloads && source.policies === known?.policies;
    if (isSame && source.apps === known?.apps) return false;
    this.builtFrom = source;
    const workloads = this.workloads.records();
    const policies = this.policies.records();
    const revision = source.workloads?.revision ?? null;
    const policyRevision = source.policies?.revision ?? null;
    const platformHosts = this.platformHosts;
    const records = apps.map(({ record }) => record);
    const routes = { apps: records, workloads, revision };
    const table = buildTable({ ...routes, policies, policyRevision, ages, owners, platformHosts });
    const serialized = JSON.stringify({
      schema: 1,
      apps,
      workloads: revision === null ? null : { revision, routes: workloads },
      policies: policyRevision === null ? null : { revision: policyRevision, policies },
      ages: table.ages,
      owners: table.owners,
    } satisfies SavedTable);
    if (serialized === this.serialized) return false;
    this.serialized = serialized;
    this.table = table;
    this.version++;
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
