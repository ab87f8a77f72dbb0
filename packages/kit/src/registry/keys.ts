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

/** Channel; messages are `Change`. */
export const CHANGED_CHANNEL = "hp:changed";

/** Channel that says that a log stream grew; the message is the number of its newest line. */
export const logChannel = (streamId: string): string => `hp:log:${streamId}`;
