import type { EnvironmentId, Id, ProjectId, ServiceId, WorkloadId } from "@homeport/kit/ids.ts";

export type GroupId = Id<"group">;

/**
 * Where a variable holds: in the whole project, one environment, one group of services, one service everywhere, or one
 * service in one environment (its workload). The narrower one wins.
 */
export type VariableScope =
  | { kind: "project"; id: ProjectId }
  | { kind: "environment"; id: EnvironmentId }
  | { kind: "group"; id: GroupId }
  | { kind: "service"; id: ServiceId }
  | { kind: "workload"; id: WorkloadId };

export type ScopeKind = VariableScope["kind"];

/** From the widest to the narrowest: a later one overrides an earlier one. */
export const SCOPE_ORDER = [
  "project",
  "environment",
  "group",
  "service",
  "workload",
] as const satisfies readonly ScopeKind[];
