/** Every Valkey key of the platform is built here. Values and lifetimes: `record.ts` and the comment on each. */

/** String, AppRecord, lifetime LEASE_MS. */
export const appKey = (appId: string, instance: string): string => `hp:apps:${appId}:${instance}`;
export const APP_KEYS = "hp:apps:*";

/** Hash, workload id -> WorkloadRoute, no lifetime: tenants' routes outlive a control plane that is down. */
export const WORKLOADS_KEY = "hp:workloads";
/** The field of WORKLOADS_KEY that makes a snapshot provably whole: WorkloadsMeta. */
export const WORKLOADS_META_FIELD = "_meta";

/** String, GatewayRecord, lifetime GATEWAY_LEASE_MS. */
export const gatewayKey = (instance: string): string => `hp:gateways:${instance}`;
export const GATEWAY_KEYS = "hp:gateways:*";
export const GATEWAY_LEASE_MS = 15_000;

/** Hash, host -> HostPolicy, no lifetime; POLICIES_META_FIELD holds WorkloadsMeta of it. */
export const POLICIES_KEY = "hp:policies";
export const POLICIES_META_FIELD = "_meta";

/** String, GatewayStatus, lifetime GATEWAY_LEASE_MS. */
export const gatewayStatusKey = (instance: string): string => `hp:gateway-status:${instance}`;
export const GATEWAY_STATUS_KEYS = "hp:gateway-status:*";

/** Sorted set, instance of a gateway by when it wrote: those with a TrafficRecord of the workload. Lifetime TRAFFIC_KEPT_MS. */
export const trafficIndexKey = (workloadId: string): string => `hp:traffic:${workloadId}`;
/** String, TrafficRecord, lifetime TRAFFIC_LEASE_MS; the last one of a gateway that stopped TRAFFIC_KEPT_MS. */
export const trafficKey = (workloadId: string, instance: string): string => `hp:traffic:${workloadId}:${instance}`;
export const TRAFFIC_LEASE_MS = 15_000;
export const TRAFFIC_KEPT_MS = 3_600_000;

/** Channel; messages are `Change`. */
export const CHANGED_CHANNEL = "hp:changed";

/** Channel that says that a log stream grew; the message is the number of its newest line. */
export const logChannel = (streamId: string): string => `hp:log:${streamId}`;

/** String, what a socket ticket stands for, sealed with the ticket; lifetime SOCKET_TICKET_MS. */
export const socketTicketKey = (ticketHash: string): string => `hp:socket-tickets:${ticketHash}`;
export const SOCKET_TICKET_MS = 30_000;

/** Hash, instance of the deployments app -> who looks at this canvas through it and since when; lifetime 30 s. */
export const canvasPeopleKey = (projectId: string): string => `hp:canvas:${projectId}`;
/** Channel of what the instances of the deployments app tell each other about a canvas. */
export const canvasChannel = (projectId: string): string => `hp:canvas:${projectId}:signals`;

/** Channel of what is told one end of a pipe, see pipe/pipe.ts. */
export const pipeChannel = (id: string, to: "asker" | "answerer"): string => `hp:pipes:${id}:${to}`;
