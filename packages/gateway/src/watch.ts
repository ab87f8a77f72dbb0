import type { HostPolicy } from "@homeport/kit/registry/policy.ts";
import { Change, type WorkloadRoute } from "@homeport/kit/registry/record.ts";
import type { AppLeases } from "./leases.ts";
import { tableLog } from "./log.ts";
import type { RegistryFeed, RegistryReader } from "./ports.ts";
import type { PublishedHash } from "./published-hash.ts";
import { type HashKind, type Invalid, POLICIES, readApps, readHash, WORKLOADS } from "./snapshot.ts";
import type { TableKeeper } from "./table-keeper.ts";
import { Wake } from "./wake.ts";

const POLL_MS = 5_000;
/** How often the workload hash is read whole even when its revision says that nothing changed. */
const THOROUGH_MS = 30_000;
const MAX_REPORTED = 1_000;

export type WatchDeps = {
  registry: RegistryReader & RegistryFeed;
  leases: AppLeases;
  workloads: PublishedHash<WorkloadRoute>;
  policies: PublishedHash<HostPolicy>;
  keeper: TableKeeper;
};

/** Keeps the table equal to the registry: reads on every message and every POLL_MS, and says whether Valkey answers. */
export class RegistryWatch {
  private readonly wake = new Wake();
  private readonly reported = new Set<string>();
  private invalidApps: Invalid[] = [];
  private up = false;
  private hasRead = false;
  private thoroughAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly deps: WatchDeps) {
    deps.registry.onMessage((message) => this.receive(message));
    deps.registry.onConnected(() => this.wake.call());
  }

  get isUp(): boolean {
    return this.up;
  }

  get invalid(): readonly Invalid[] {
    return [...this.invalidApps, ...this.deps.workloads.invalid, ...this.deps.policies.invalid];
  }

  /** Runs until the signal; never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.wake.wait(Math.min(POLL_MS, this.deps.leases.untilExpiryMs() ?? POLL_MS), signal);
      if (!signal.aborted) await this.refresh();
    }
  }

  /** One read of everything. The parts fail apart: a broken hash of workloads does not stop apps from registering. */
  async refresh(): Promise<void> {
    const thorough = performance.now() - this.thoroughAt >= THOROUGH_MS;
    if (thorough) this.thoroughAt = performance.now();
    const { workloads, policies } = this.deps;
    const results = await Promise.allSettled([
      this.refreshApps(),
      this.refreshHash(WORKLOADS, workloads, thorough),
      this.refreshHash(POLICIES, policies, thorough),
    ]);
    const failure = results.find((result) => result.status === "rejected");
    this.setUp(failure === undefined, failure?.reason);
    if (results.some((result) => result.status === "fulfilled" && result.value)) this.rebuild();
  }

  /** Returns whether there is something to build a table from. */
  private async refreshApps(): Promise<boolean> {
    try {
      const { seen, invalid } = await readApps(this.deps.registry);
      this.invalidApps = invalid;
      this.reportInvalid(invalid);
      this.deps.leases.observe(seen);
      return true;
    } catch (err) {
      this.deps.leases.interrupt();
      throw err;
    }
  }

  private async refreshHash<Record>(
    kind: HashKind<Record>,
    hash: PublishedHash<Record>,
    thorough: boolean,
  ): Promise<boolean> {
    const read = await readHash(this.deps.registry, kind, hash.current, thorough);
    // A platform without a single policy, or whose clusters app never ran, is a whole one.
    if (read.kind === "absent" && hash.current === null) return false;
    const refusal = hash.consider(read);
    if (refusal !== null) this.reportInvalid([{ key: kind.name, reason: refusal }]);
    else this.forget(kind.name);
    this.reportInvalid(hash.invalid);
    return refusal === null;
  }

  private receive(message: string): void {
    const change = parseChange(message);
    if (change === null) return;
    if (change.kind === "app" && change.leave === true && this.deps.leases.leave(change.key)) this.rebuild();
    this.wake.call();
  }

  private rebuild(): void {
    try {
      this.deps.keeper.rebuild();
    } catch (err) {
      tableLog.error({ err }, "cannot build the route table; the last one stays");
    }
  }

  private setUp(up: boolean, reason: unknown): void {
    if (this.up !== up || !this.hasRead) {
      if (up) tableLog.info("valkey answers");
      else tableLog.warn({ err: reason }, "valkey does not answer; the last good route table stays");
    }
    this.up = up;
    this.hasRead = true;
  }

  /** Once per record and reason, not on every poll. */
  private reportInvalid(invalid: readonly Invalid[]): void {
    for (const { key, reason } of invalid) {
      const id = `${key} ${reason}`;
      if (this.reported.has(id)) continue;
      if (this.reported.size >= MAX_REPORTED) this.reported.clear();
      this.reported.add(id);
      tableLog.warn({ key, reason }, "registry record skipped");
    }
  }

  private forget(key: string): void {
    for (const id of this.reported) {
      if (id.startsWith(`${key} `)) this.reported.delete(id);
    }
  }
}

function parseChange(message: string): Change | null {
  if (message.length > 1_000) return null;
  try {
    return Change.parse(JSON.parse(message));
  } catch {
    tableLog.warn("unreadable message on the change channel");
    return null;
  }
}
