import type { LoggedRequest } from "@homeport/kit/registry/gateway-status.ts";
import { Badge, Duration, Empty, LinkButton, Section, SelectField, Table, Time } from "@homeport/ui";
import { formatBytes } from "../bytes.ts";
import { filterLog, nameOf } from "../route-list.ts";
import type { Traffic } from "../traffic.ts";
import { FilterForm } from "./filter-form.tsx";
import { paths, type View, viewFields } from "./paths.ts";

const LINES = 100;

const CLASSES = [
  { value: "", label: "All statuses" },
  { value: "2", label: "2xx, answered" },
  { value: "3", label: "3xx, sent elsewhere" },
  { value: "4", label: "4xx, refused" },
  { value: "5", label: "5xx, failed" },
  { value: "1", label: "1xx, tunnels" },
  { value: "0", label: "No answer" },
];

/** Failures, and a sample of the rest. */
export const AccessLog = ({ traffic, view, now }: { traffic: Traffic; view: View; now: Date }) => {
  const filter = {
    route: view.route === "" ? null : view.route === "-" ? "" : view.route,
    statusClass: view.statusClass === "" ? null : Number(view.statusClass),
  };
  const isFiltered = filter.route !== null || filter.statusClass !== null;
  const names = new Map(traffic.routes.map((route) => [route.id ?? "", nameOf(route)]));
  return (
    <Section
      title="Access log"
      id="log"
      description="The newest requests: what failed, and a sample of the rest. Paths are without their query."
    >
      <Filter view={view} traffic={traffic} names={names} />
      <Table
        caption="Requests"
        rows={filterLog(traffic.requests, filter, LINES)}
        rowKey={({ requestId, at }) => `${requestId} ${at}`}
        empty={
          <Empty
            title={isFiltered ? "No request of this kind lately" : "No requests yet"}
            action={
              isFiltered ? (
                <LinkButton href={paths.gateway({ ...view, route: "", statusClass: "" }, "log")}>Show all</LinkButton>
              ) : undefined
            }
          />
        }
        columns={[
          { id: "request", header: "Request", cell: (request) => <RequestLine request={request} /> },
          { id: "status", header: "Status", cell: (request) => <Status request={request} /> },
          {
            id: "route",
            header: "Route",
            cell: ({ route }) => (route === null ? "none" : (names.get(route) ?? route)),
          },
          { id: "took", header: "Took", cell: ({ durationMs }) => <Duration ms={durationMs} />, align: "end" },
          { id: "sent", header: "Sent", cell: ({ bytesOut }) => formatBytes(bytesOut), align: "end", nowrap: true },
          { id: "at", header: "When", cell: ({ at }) => <Time at={at} now={now} />, nowrap: true },
        ]}
      />
    </Section>
  );
};

/** Only routes that are in the log, and the one that was asked for. */
const Filter = ({ view, traffic, names }: { view: View; traffic: Traffic; names: ReadonlyMap<string, string> }) => {
  const { route: _route, class: _class, ...others } = viewFields(view);
  const ids = new Set(traffic.requests.map(({ route }) => route ?? "-"));
  if (view.route !== "") ids.add(view.route);
  const routes = [...ids]
    .map((id) => ({ value: id, label: id === "-" ? "None" : (names.get(id) ?? id) }))
    .toSorted((a, b) => a.label.localeCompare(b.label, "en"));
  return (
    <FilterForm
      action={paths.gateway({}, "log")}
      label="Filter the access log"
      hidden={others}
      values={{ route: view.route, class: view.statusClass }}
    >
      <SelectField name="route" label="Route" options={[{ value: "", label: "All routes" }, ...routes]} />
      <SelectField name="class" label="Status" options={CLASSES} />
    </FilterForm>
  );
};

const RequestLine = ({ request: { method, host, path, requestId, client } }: { request: LoggedRequest }) => (
  <div className="grid gap-0.5">
    <span>
      <code className="text-sm font-medium">{method}</code>{" "}
      <code className="text-sm break-all">
        {host}
        {path}
      </code>
    </span>
    <span className="text-sm font-normal break-all text-faint">
      {requestId} from {client}
    </span>
  </div>
);

const OUTCOMES = { answered: null, tunnel: "tunnel", aborted: "given up", cut: "cut off" } as const;

const Status = ({ request: { status, outcome } }: { request: LoggedRequest }) => {
  const isFailure = status >= 500 || status === 0 || outcome === "cut";
  return (
    <span className="inline-flex flex-wrap gap-1">
      <Badge tone={isFailure ? "danger" : status >= 400 ? "warning" : "success"}>
        {status === 0 ? "none" : status}
      </Badge>
      {OUTCOMES[outcome] === null ? null : <Badge>{OUTCOMES[outcome]}</Badge>}
    </span>
  );
};
