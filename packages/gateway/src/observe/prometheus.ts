import { BOUNDS_MS } from "./latency-histogram.ts";
import type { Observer } from "./observer.ts";
import type { RouteStats } from "./route-stats.ts";

/** Of the buckets, those that are shown: thirty lines a route would be too many. */
const SHOWN_BOUNDS_MS = [1, 5, 10, 30, 100, 300, 1_000, 3_000, 10_000];

type Sample = [labels: string, value: number];

/** Prometheus text format 0.0.4; `gauges` are added under their names. */
export function renderMetrics(observer: Observer, gauges: Readonly<Record<string, number>>): string {
  const lines: string[] = [];
  const add = (name: string, type: "counter" | "gauge", samples: readonly Sample[]) => {
    lines.push(`# TYPE homeport_gateway_${name} ${type}`);
    for (const [labels, value] of samples) lines.push(`homeport_gateway_${name}${labels} ${value}`);
  };
  const all = observer.all();
  const each = (value: (stats: RouteStats) => number): Sample[] =>
    all.map((stats) => [`{${routeLabel(stats)}}`, value(stats)]);
  add("requests_total", "counter", all.flatMap(requestSamples));
  add(
    "received_bytes_total",
    "counter",
    each((stats) => stats.bytesIn),
  );
  add(
    "sent_bytes_total",
    "counter",
    each((stats) => stats.bytesOut),
  );
  lines.push("# TYPE homeport_gateway_response_seconds histogram", ...all.flatMap(histogramLines));
  const failures = Array.from(observer.failures, ([kind, count]): Sample => [`{kind="${kind}"}`, count]);
  add("failures_total", "counter", failures);
  add("retries_total", "counter", [["", observer.retries]]);
  add("uncaught_errors_total", "counter", [["", observer.uncaught]]);
  add("requests_in_flight", "gauge", [["", all.reduce((sum, stats) => sum + stats.inFlight, 0)]]);
  for (const [name, value] of Object.entries(gauges)) add(name, "gauge", [["", value]]);
  return `${lines.join("\n")}\n`;
}

const routeLabel = ({ id }: RouteStats): string => `app="${id ?? "(gateway)"}"`;

function requestSamples(stats: RouteStats): Sample[] {
  const classes = Array.from(stats.classes, (count, index): [string, number] => [`${index + 1}xx`, count]);
  const ends: [string, number][] = [
    ["aborted", stats.aborted],
    ["cut", stats.cut],
    ["tunnel", stats.tunnels],
  ];
  return [...classes, ...ends]
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => [`{${routeLabel(stats)},class="${outcome}"}`, count]);
}

function histogramLines(stats: RouteStats): string[] {
  const { counts, sumMs } = stats.latency;
  const label = routeLabel(stats);
  const upTo = (boundMs: number) =>
    BOUNDS_MS.reduce((sum, bound, index) => (bound <= boundMs ? sum + (counts[index] as number) : sum), 0);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const name = "homeport_gateway_response_seconds";
  return [
    ...SHOWN_BOUNDS_MS.map((bound) => `${name}_bucket{${label},le="${bound / 1_000}"} ${upTo(bound)}`),
    `${name}_bucket{${label},le="+Inf"} ${total}`,
    `${name}_sum{${label}} ${sumMs / 1_000}`,
    `${name}_count{${label}} ${total}`,
  ];
}
