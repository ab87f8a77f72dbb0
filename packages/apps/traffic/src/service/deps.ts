import type { Sql } from "@homeport/kit/db/connect.ts";
import type { Signal } from "@homeport/kit/lease/signal.ts";
import type { DriftWatch } from "../drift.ts";
import type { Clock, Statuses } from "../ports.ts";

/** What the use cases of this app work with. */
export type TrafficDeps = {
  sql: Sql;
  clock: Clock;
  statuses: Statuses;
  drift: DriftWatch;
  /** Raised when policies changed. */
  changed: Signal;
  /** Names under which the platform itself is reached. */
  platformHosts: ReadonlySet<string>;
};
