import type { LiveRoutes } from "./plane/live-routes.ts";
import type { Invalid } from "./snapshot.ts";
import type { Route, RouteTable } from "./table.ts";
import { formatAddress, type Target } from "./target.ts";

export type Listed = {
  table: RouteTable;
  invalid: readonly Invalid[];
  /** Instances known from the saved table only: nothing says yet that they still run. */
  restored: ReadonlySet<string>;
  live: LiveRoutes;
};

/** The table as operators see it: every route with its targets and their load, and everything that was refused. */
export function listTable({ table, invalid, restored, live }: Listed) {
  const listTarget = (state: "ready" | "draining") => (target: Target) => ({
    instance: target.instance,
    address: formatAddress(target.address),
    state,
    restored: restored.has(target.instance),
    outstanding: live.find(target.key)?.outstanding ?? 0,
  });
  const listRoute = ({ kind, id, ready, draining }: Route) => ({
    kind,
    id,
    targets: [...ready.map(listTarget("ready")), ...draining.map(listTarget("draining"))],
  });
  return {
    revision: table.revision,
    policyRevision: table.policyRevision,
    routes: table.prefixes.map(({ prefix, route }) => ({ prefix, ...listRoute(route) })),
    hosts: table.hosts.map(({ host, route }) => ({ host, ...listRoute(route) })),
    refused: table.refused,
    invalid,
  };
}

export function targetKeys(table: RouteTable): ReadonlySet<string> {
  const routes = [...table.prefixes, ...table.hosts].map(({ route }) => route);
  return new Set(routes.flatMap(({ ready }) => ready.map((target) => target.key)));
}
