import type { LoggedRequest, RouteStatus } from "@homeport/kit/registry/gateway-status.ts";

/** Orders of the list of routes, by the word in the URL. */
export const SORTS = {
  requests: "Most requests",
  errors: "Most errors",
  slowest: "Slowest first",
  bytes: "Most bytes",
  busy: "Busiest now",
  name: "Name",
} as const;
export type Sort = keyof typeof SORTS;

/** What went wrong behind the gateway: 5xx, and answers that broke off. */
export const errorsOf = ({ classes, cut }: RouteStatus): number => classes[4] + cut;

export const outstandingOf = ({ targets }: RouteStatus): number =>
  targets.reduce((total, { outstanding }) => total + outstanding, 0);

/** What people call a route: an app by its id, a workload by its first host. */
export const nameOf = ({ kind, id, addresses }: RouteStatus): string => {
  if (kind === "gateway") return "Answered by the gateway itself";
  return (kind === "workload" ? addresses[0] : id) ?? id ?? "unknown";
};

/** The routes with `text` in their name, id or an address, in the order asked for; equal ones by name. */
export const listRoutes = (routes: readonly RouteStatus[], text: string, sort: Sort): RouteStatus[] => {
  const wanted = text.toLowerCase();
  const weight = WEIGHTS[sort];
  return routes
    .filter((route) =>
      [nameOf(route), route.id ?? "", ...route.addresses].some((word) => word.toLowerCase().includes(wanted)),
    )
    .toSorted((a, b) => weight(b) - weight(a) || nameOf(a).localeCompare(nameOf(b), "en"));
};

const WEIGHTS: Record<Sort, (route: RouteStatus) => number> = {
  requests: ({ requests }) => requests,
  errors: errorsOf,
  slowest: ({ p99Ms }) => p99Ms ?? -1,
  bytes: ({ bytesIn, bytesOut }) => bytesIn + bytesOut,
  busy: outstandingOf,
  name: () => 0,
};

/** Which lines of the access log are shown; null for all. `route` is an id, or empty for requests that no route took. */
export type LogFilter = { route: string | null; statusClass: number | null };

/** The newest lines that fit. A status of 0, of a request that got no answer, is a class of its own. */
export const filterLog = (
  requests: readonly LoggedRequest[],
  { route, statusClass }: LogFilter,
  limit: number,
): LoggedRequest[] =>
  requests
    .filter(
      (request) =>
        (route === null || (request.route ?? "") === route) &&
        (statusClass === null || Math.floor(request.status / 100) === statusClass),
    )
    .slice(0, limit);
