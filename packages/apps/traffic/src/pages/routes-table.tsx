import type { RouteStatus } from "@homeport/kit/registry/gateway-status.ts";
import { type Column, Empty, LinkButton, Section, SelectField, Table, TextField } from "@homeport/ui";
import { formatBytes } from "../bytes.ts";
import { countOf, formatCount } from "../count.ts";
import { errorsOf, listRoutes, nameOf, SORTS } from "../route-list.ts";
import type { Traffic } from "../traffic.ts";
import { FilterForm } from "./filter-form.tsx";
import { paths, type View, viewFields } from "./paths.ts";
import { Targets } from "./targets.tsx";

/** More are one press away: the page is fetched again every few seconds. */
const ROWS = 100;

export const RoutesTable = ({ traffic, view }: { traffic: Traffic; view: View }) => {
  const listed = listRoutes(traffic.routes, view.name, view.sort);
  const shown = view.all ? listed : listed.slice(0, ROWS);
  return (
    <Section title="Routes" id="routes" description={reach(traffic, listed.length)}>
      <Filter view={view} />
      <Table
        caption="Routes"
        rows={shown}
        rowKey={keyOf}
        columns={COLUMNS}
        empty={
          <Empty
            title={view.name === "" ? "No routes yet" : `No route has “${view.name}” in its name`}
            action={
              view.name === "" ? undefined : (
                <LinkButton href={paths.gateway({ ...view, name: "" }, "routes")}>Show all routes</LinkButton>
              )
            }
          >
            {view.name === "" ? "Routes appear when apps register and services are deployed." : undefined}
          </Empty>
        }
      />
      {shown.length === listed.length ? null : (
        <p>
          <a href={paths.gateway({ ...view, all: true }, "routes")} className="underline">
            Show all {formatCount(listed.length)}
          </a>{" "}
          instead of the first {ROWS}
        </p>
      )}
    </Section>
  );
};

const keyOf = ({ kind, id }: RouteStatus): string => `${kind} ${id ?? ""}`;

const reach = ({ routes, routeCount }: Traffic, listed: number): string =>
  routeCount > routes.length
    ? `${formatCount(listed)} of the ${formatCount(routes.length)} busiest; there are ${formatCount(routeCount)} in all.`
    : `${formatCount(listed)} of ${countOf(routes.length, "route")}.`;

const Filter = ({ view }: { view: View }) => {
  const { name: _name, sort: _sort, ...others } = viewFields(view);
  return (
    <FilterForm
      action={paths.gateway({}, "routes")}
      label="Filter and order routes"
      hidden={others}
      values={{ name: view.name, sort: view.sort }}
    >
      <TextField name="name" label="App, host or prefix" type="search" optional maxLength={200} />
      <SelectField
        name="sort"
        label="Order"
        options={Object.entries(SORTS).map(([value, label]) => ({ value, label }))}
      />
    </FilterForm>
  );
};

const COLUMNS: Column<RouteStatus>[] = [
  { id: "name", header: "Route", cell: (route) => <RouteName route={route} /> },
  { id: "targets", header: "Instances", cell: (route) => <Targets targets={route.targets} kind={route.kind} /> },
  { id: "requests", header: "Requests", cell: (route) => <Requests route={route} />, align: "end" },
  { id: "errors", header: "Errors", cell: (route) => <Errors route={route} />, align: "end" },
  { id: "times", header: "p50 / p99", cell: (route) => <Times route={route} />, align: "end", nowrap: true },
  {
    id: "bytes",
    header: "In / out",
    cell: ({ bytesIn, bytesOut }) => `${formatBytes(bytesIn)} / ${formatBytes(bytesOut)}`,
    align: "end",
    nowrap: true,
  },
];

const RouteName = ({ route }: { route: RouteStatus }) => (
  <div className="grid gap-0.5">
    <span className="font-medium">{nameOf(route)}</span>
    <span className="grid gap-0.5 text-sm font-normal text-soft">
      {route.addresses.map((address) =>
        route.kind === "workload" ? (
          <a
            key={address}
            href={paths.policy(address)}
            className="py-0.5 hover:underline"
            title={`Policy of ${address}`}
          >
            {address}
          </a>
        ) : (
          <code key={address}>{address}</code>
        ),
      )}
    </span>
  </div>
);

const CLASS_NAMES = ["1xx", "2xx", "3xx", "4xx", "5xx"];

const Requests = ({ route }: { route: RouteStatus }) => (
  <div className="grid gap-0.5">
    <a
      href={paths.gateway({ route: route.id ?? "-" }, "log")}
      aria-label={`${formatCount(route.requests)} requests; log of ${nameOf(route)}`}
      className="underline decoration-edge underline-offset-2 hover:decoration-current"
    >
      {formatCount(route.requests)}
    </a>
    <span className="flex flex-wrap justify-end gap-x-2 text-sm text-soft">
      {route.classes.map((count, index) =>
        count === 0 ? null : (
          <span key={CLASS_NAMES[index]} className="whitespace-nowrap">
            {CLASS_NAMES[index]} {formatCount(count)}
          </span>
        ),
      )}
    </span>
    {route.tunnels === 0 ? null : <span className="text-sm text-soft">{countOf(route.tunnels, "tunnel")}</span>}
  </div>
);

const Errors = ({ route }: { route: RouteStatus }) => {
  const errors = errorsOf(route);
  return (
    <div className="grid gap-0.5">
      <span className={errors === 0 ? undefined : "font-medium text-danger"}>{formatCount(errors)}</span>
      {route.cut === 0 ? null : <span className="text-sm text-soft">{formatCount(route.cut)} cut off</span>}
      {route.aborted === 0 ? null : <span className="text-sm text-soft">{formatCount(route.aborted)} given up</span>}
    </div>
  );
};

const Times = ({ route: { p50Ms, p99Ms } }: { route: RouteStatus }) =>
  p50Ms === null || p99Ms === null ? (
    <span className="text-faint">quiet</span>
  ) : (
    `${formatCount(p50Ms)} / ${formatCount(p99Ms)} ms`
  );
