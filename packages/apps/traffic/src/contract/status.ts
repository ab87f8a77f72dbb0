import { Instant } from "@homeport/kit/contract.ts";
import {
  GatewayStatus,
  LoggedRequest,
  RouteStatus,
  StatusCertificate,
  StatusWarning,
} from "@homeport/kit/registry/gateway-status.ts";
import { z } from "zod";

const Count = z.number().int().min(0);

/** How a worker's table differs from the newest one. */
export const DriftView = z.object({
  /** `settling` for as long as the difference may be news that is on its way; then `drifted`. */
  state: z.enum(["settling", "drifted"]),
  /** `behind`: it has older routes or policies. `differs`: the same revisions, and another table all the same. */
  relation: z.enum(["behind", "differs"]),
  /** How many revisions it lacks. */
  routesBehind: Count,
  policiesBehind: Count,
  since: Instant,
});

export const WorkerView = GatewayStatus.pick({
  instance: true,
  hostname: true,
  pid: true,
  worker: true,
  version: true,
  startedAt: true,
  writtenAt: true,
  revision: true,
  policyRevision: true,
  tableHash: true,
  isValkeyUp: true,
  isDraining: true,
  connections: true,
  requestsInFlight: true,
  memoryBytes: true,
  requestsPerSecond: true,
}).extend({ drift: DriftView.nullable() });

/** How many workers say the same. */
const told = { workers: z.number().int().min(1) };

/** What all gateway workers report, as one: counts are sums, percentiles those of the slowest worker. */
export const TrafficView = z.object({
  workers: z.array(WorkerView),
  requestsPerSecond: z.number().min(0),
  connections: Count,
  requestsInFlight: Count,
  /** The busiest of them: a worker reports at most 500. `routeCount` is how many there are. */
  routes: z.array(RouteStatus),
  routeCount: Count,
  hostCount: Count,
  warnings: z.array(StatusWarning.extend(told)),
  warningCount: Count,
  certificates: z.array(StatusCertificate.extend(told)),
  /** The newest first. */
  requests: z.array(LoggedRequest),
});

export type TrafficView = z.infer<typeof TrafficView>;
