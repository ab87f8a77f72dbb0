import { TRAFFIC_KEPT_MS, TRAFFIC_LEASE_MS } from "@homeport/kit/registry/keys.ts";
import { tableLog } from "./log.ts";
import type { TrafficLedger } from "./observe/traffic-ledger.ts";
import type { WorkloadTraffic } from "./observe/workload-traffic.ts";
import type { TrafficRegistry } from "./ports.ts";
import { Wake } from "./wake.ts";

/** Rollouts look every second or so. */
const TELL_MS = 1_000;
/** Well below the records' lifetime, so that a wiped Valkey has them again soon. */
const FRESH_MS = 5_000;

/** Tells what was counted for replicas, within a second of a change, and everything every few seconds. */
export class TrafficWriter {
  private readonly wake = new Wake();
  /** What was written, by its mark. */
  private written = new Map<WorkloadTraffic, string>();

  constructor(
    private readonly registry: TrafficRegistry,
    private readonly ledger: TrafficLedger,
    private readonly instance: string,
  ) {}

  /** The ledger has other workloads to tell of, perhaps. */
  changed(): void {
    this.wake.call();
  }

  /** Runs until the signal, then says the last word; never throws. */
  async run(signal: AbortSignal): Promise<void> {
    let freshAt = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      const now = performance.now();
      if (now - freshAt >= FRESH_MS) {
        this.ledger.select();
        this.written.clear();
        freshAt = now;
      }
      await this.write();
      // With nothing to tell of there is nothing to look at: a gateway at rest does nothing.
      await this.wake.wait(this.ledger.told.length > 0 ? TELL_MS : FRESH_MS, signal);
    }
    await this.send(this.ledger.told, true);
  }

  private async write(): Promise<void> {
    const marks = new Map(this.ledger.told.map((workload) => [workload, workload.mark()]));
    const news = this.ledger.told.filter((workload) => this.written.get(workload) !== marks.get(workload));
    this.written = marks;
    // What was not taken is told again, a second later.
    if (!(await this.send(news, false))) this.written.clear();
  }

  /** Whether it was taken. */
  private async send(workloads: readonly WorkloadTraffic[], isStopped: boolean): Promise<boolean> {
    if (workloads.length === 0) return true;
    try {
      const records = workloads.map((workload) => workload.toRecord(this.instance, isStopped));
      await this.registry.writeTraffic(records, isStopped ? TRAFFIC_KEPT_MS : TRAFFIC_LEASE_MS);
      return true;
    } catch (err) {
      tableLog.debug({ err }, "cannot tell of the traffic"); // the watcher reports that Valkey is away
      return false;
    }
  }
}
