import type { TrafficSnapshot } from "@homeport/kit/registry/read-traffic.ts";
import type { RouteTable } from "./route.ts";

/** Now. A test turns it by hand. */
export type Clock = () => Date;

/** What gateways say of themselves. May be asked at any time; each answers within a second, whatever happens. */
export type Gateways = {
  /**
   * The lowest revision of the workload routes that a live gateway serves; null when there is no gateway. While
   * nobody can be asked it is 0: nothing is known to be applied.
   */
  lowestRevision(): Promise<number | null>;
  /** What they counted for a workload until now; null while they cannot be asked. */
  traffic(workloadId: string): Promise<TrafficSnapshot | null>;
};

/** The truth that is published to gateways. All of it may run at any time and more than once. */
export type RouteSource = {
  /** Routes and revision as of one moment. @throws {DomainError} unavailable; then nothing is published. */
  read(): Promise<RouteTable>;
  revision(): Promise<number>;
  /** Makes the revision greater than `floor`. */
  raiseRevisionAbove(floor: number): Promise<void>;
};
