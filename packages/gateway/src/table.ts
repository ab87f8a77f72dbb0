import { invariant } from "@homeport/kit/errors.ts";
import { type HostPolicy, PLATFORM_POLICY } from "@homeport/kit/registry/policy.ts";
import type { AppRecord, WorkloadRoute } from "@homeport/kit/registry/record.ts";
import { parseHostPattern } from "./host.ts";
import { HostTable } from "./host-table.ts";
import { PathTrie } from "./path-trie.ts";
import { appTarget, type Target, workloadTarget } from "./target.ts";

/** Who answers a request. Only `ready` targets get new requests; `draining` ones finish what they have. */
export type Route = {
  readonly kind: "app" | "workload";
  readonly id: string;
  readonly ready: readonly Target[];
  readonly draining: readonly Target[];
};

/** A claim that was not honoured, shown to operators: `claimant` wanted `value`, `keeper` has it. */
export type Refused = {
  readonly kind: "prefix" | "host" | "address" | "policy";
  readonly value: string;
  readonly claimant: string;
  readonly keeper: string | null;
  readonly reason: string;
};

/**
 * App id -> since when it runs without a gap, carried from table to table. By the age of its present instances a rolling
 * restart would make an app the younger one and hand its prefixes to another.
 */
export type AppAges = Readonly<Record<string, string>>;

/**
 * Prefix -> the app that had it last, carried from table to table. While an app is away, its addresses are not answered
 * by the app of a shorter prefix, nor by "there is nothing here", which callers would take for a final answer.
 */
export type PrefixOwners = Readonly<Record<string, string>>;

/** Absent apps' prefixes are forgotten beyond this many: not a platform any more but somebody who invents prefixes. */
const MAX_OWNERS = 2_000;

export type TableSource = {
  readonly apps: readonly AppRecord[];
  readonly workloads: readonly WorkloadRoute[];
  /** Revision of `workloads`, or null when no whole snapshot was ever read. */
  readonly revision: number | null;
  readonly policies: readonly HostPolicy[];
  readonly policyRevision: number | null;
  /** `ages` of the table before this one. */
  readonly ages: AppAges;
  /** `owners` of the table before this one. */
  readonly owners: PrefixOwners;
  readonly platformHosts: ReadonlySet<string>;
};

type PrefixRoute = { readonly prefix: string; readonly route: Route };

/** Immutable; a change builds a new one, swapped whole. */
export type RouteTable = {
  readonly revision: number | null;
  readonly policyRevision: number | null;
  readonly ages: AppAges;
  readonly owners: PrefixOwners;
  readonly prefixes: readonly PrefixRoute[];
  readonly hosts: readonly { host: string; route: Route }[];
  readonly refused: readonly Refused[];
  /** Of all apps and workloads that have an address here. */
  readonly routeIds: ReadonlySet<string>;
  matchPath(path: string): Route | null;
  matchHost(name: string): Route | null;
  /** The policy of a name: its own, else that of the wildcard it falls under. */
  matchPolicy(name: string): HostPolicy | null;
  readonly platformPolicy: HostPolicy | null;
};

export function buildTable(source: TableSource): RouteTable {
  const refused: Refused[] = [];
  const ages = agesOf(source);
  const claimed = claimPrefixes(source, ages, refused);
  const prefixes = [...claimed, ...absentPrefixes(source, claimed)];
  const paths = new PathTrie<Route>();
  for (const { prefix, route } of prefixes) paths.set(prefix, route);
  const names = new HostTable<Route>();
  const hosts = claimHosts(source, names, refused);
  const policies = policiesByHost(source.policies, refused);
  return {
    revision: source.revision,
    policyRevision: source.policyRevision,
    ages,
    owners: Object.fromEntries(prefixes.map(({ prefix, route }) => [prefix, route.id])),
    prefixes,
    hosts,
    refused,
    routeIds: new Set([...prefixes, ...hosts].map(({ route }) => route.id)),
    matchPath: (path) => paths.match(path),
    matchHost: (name) => names.match(name),
    matchPolicy: (name) => policies.match(name),
    platformPolicy: source.policies.find(({ host }) => host === PLATFORM_POLICY) ?? null,
  };
}

function policiesByHost(policies: readonly HostPolicy[], refused: Refused[]): HostTable<HostPolicy> {
  const byHost = new HostTable<HostPolicy>();
  for (const policy of policies) {
    if (policy.host === PLATFORM_POLICY) continue;
    const pattern = parseHostPattern(policy.host);
    if (pattern !== null) byHost.set(pattern, policy);
    else
      refused.push({
        kind: "policy",
        value: policy.host,
        claimant: "traffic",
        keeper: null,
        reason: "not a host name",
      });
  }
  return byHost;
}

function agesOf({ apps, ages }: TableSource): AppAges {
  const result: Record<string, string> = {};
  for (const { id, startedAt } of apps) {
    const known = result[id] ?? ages[id];
    result[id] = known === undefined || Date.parse(startedAt) < Date.parse(known) ? startedAt : known;
  }
  return result;
}

function claimPrefixes(source: TableSource, ages: AppAges, refused: Refused[]): PrefixRoute[] {
  const claims = new Map<string, AppRecord[]>();
  for (const app of source.apps) {
    for (const prefix of new Set(app.routes)) claims.set(prefix, [...(claims.get(prefix) ?? []), app]);
  }
  const targets = new Map(source.apps.map((app) => [app, appTarget(app.instance, app.baseUrl)]));
  for (const [app, target] of targets) {
    if (target === null) refused.push(unreachable(app));
  }
  return [...claims].toSorted(byKey).map(([prefix, claimants]) => {
    const keeper = keeperOf(claimants, ages);
    for (const id of new Set(claimants.map((app) => app.id))) {
      if (id !== keeper) refused.push({ kind: "prefix", value: prefix, claimant: id, keeper, reason: "taken" });
    }
    const own = claimants.filter((app) => app.id === keeper);
    return { prefix, route: { kind: "app", id: keeper, ...byState(own, (app) => targets.get(app) ?? null) } };
  });
}

/** An app that is there and no longer claims a prefix has given it up. */
function absentPrefixes({ apps, owners }: TableSource, claimed: readonly PrefixRoute[]): PrefixRoute[] {
  const present = new Set(apps.map((app) => app.id));
  const taken = new Set(claimed.map(({ prefix }) => prefix));
  return Object.entries(owners)
    .filter(([prefix, id]) => !present.has(id) && !taken.has(prefix))
    .slice(0, MAX_OWNERS)
    .map(([prefix, id]) => ({ prefix, route: { kind: "app", id, ready: [], draining: [] } }));
}

/** The app that is older; ids break ties. */
function keeperOf(claimants: readonly AppRecord[], ages: AppAges): string {
  const age = ({ id }: AppRecord) => Date.parse(ages[id] ?? "");
  const [first] = claimants.toSorted((a, b) => age(a) - age(b) || (a.id < b.id ? -1 : 1));
  invariant(first !== undefined, "a prefix is in the map because somebody claims it");
  return first.id;
}

function claimHosts(
  source: TableSource,
  names: HostTable<Route>,
  refused: Refused[],
): { host: string; route: Route }[] {
  const claimed: { host: string; route: Route }[] = [];
  // Ids are UUIDv7: the older workload comes first and keeps a host that two of them list.
  for (const workload of source.workloads.toSorted((a, b) => (a.workloadId < b.workloadId ? -1 : 1))) {
    const route: Route = { kind: "workload", id: workload.workloadId, ...byState(workload.targets, workloadTarget) };
    for (const host of new Set(workload.hosts)) {
      const refuse = (reason: string, keeper: string | null = null) =>
        refused.push({ kind: "host", value: host, claimant: workload.workloadId, keeper, reason });
      const pattern = parseHostPattern(host);
      if (pattern === null) refuse("not a host name");
      else if (!pattern.isWildcard && isPlatformHost(pattern.name, source.platformHosts))
        refuse("belongs to the platform");
      else if (names.get(pattern) === undefined) {
        names.set(pattern, route);
        claimed.push({ host, route });
      } else if (names.get(pattern) !== route) refuse("taken", names.get(pattern)?.id ?? null);
    }
  }
  return claimed;
}

/** Host names whose paths belong to the platform's apps; the router adds address literals. */
export function isPlatformHost(name: string, platformHosts: ReadonlySet<string>): boolean {
  return name === "localhost" || platformHosts.has(name);
}

function byState<Item extends { state: string }>(
  items: readonly Item[],
  toTarget: (item: Item) => Target | null,
): { ready: Target[]; draining: Target[] } {
  const inState = (state: string) =>
    items.filter((item) => item.state === state).flatMap((item) => toTarget(item) ?? []);
  return { ready: inState("ready"), draining: inState("draining") };
}

function unreachable(app: AppRecord): Refused {
  const reason = "The gateway speaks plain HTTP to apps: use http://host:port or unix:/path.";
  return { kind: "address", value: app.baseUrl, claimant: app.id, keeper: null, reason };
}

const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]) => (a[0] < b[0] ? -1 : 1);
