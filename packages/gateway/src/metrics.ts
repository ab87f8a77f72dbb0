import type { Failure } from "./failure.ts";
import type { Outcome, ProxyEvents } from "./proxy.ts";

/** Owners counted by name; further ones share one line, so that thousands of workloads can't grow the page without end. */
const MAX_OWNERS = 500;
const OTHER = "(other)";
const GATEWAY = "(gateway)";

/** Counters of the data plane since the process started. */
export class Metrics implements ProxyEvents {
  private readonly requests = new Map<string, Map<string, number>>();
  private readonly failures = new Map<Failure["kind"], number>();
  private inFlight = 0;
  private retries = 0;
  private uncaught = 0;

  started(): void {
    this.inFlight++;
  }

  finished(owner: string | null, outcome: Outcome): void {
    this.inFlight--;
    const name = owner ?? GATEWAY;
    const isKnown = this.requests.has(name) || this.requests.size < MAX_OWNERS;
    const label = isKnown ? name : OTHER;
    const classes = this.requests.get(label) ?? new Map<string, number>();
    this.requests.set(label, classes);
    const outcomeClass = typeof outcome === "number" ? `${Math.floor(outcome / 100)}xx` : outcome;
    classes.set(outcomeClass, (classes.get(outcomeClass) ?? 0) + 1);
  }

  retried(): void {
    this.retries++;
  }

  failed(kind: Failure["kind"]): void {
    this.failures.set(kind, (this.failures.get(kind) ?? 0) + 1);
  }

  caught(): void {
    this.uncaught++;
  }

  /** Prometheus text format 0.0.4; `gauges` are added under their names. */
  render(gauges: Readonly<Record<string, number>>): string {
    const lines: string[] = [];
    const add = (name: string, type: "counter" | "gauge", samples: [labels: string, value: number][]) => {
      lines.push(`# TYPE homeport_gateway_${name} ${type}`);
      for (const [labels, value] of samples) lines.push(`homeport_gateway_${name}${labels} ${value}`);
    };
    const requests = [...this.requests].flatMap(([owner, classes]) =>
      [...classes].map(([outcome, count]): [string, number] => [`{app="${owner}",class="${outcome}"}`, count]),
    );
    add("requests_total", "counter", requests);
    add(
      "failures_total",
      "counter",
      [...this.failures].map(([kind, count]) => [`{kind="${kind}"}`, count]),
    );
    add("retries_total", "counter", [["", this.retries]]);
    add("uncaught_errors_total", "counter", [["", this.uncaught]]);
    add("requests_in_flight", "gauge", [["", this.inFlight]]);
    for (const [name, value] of Object.entries(gauges)) add(name, "gauge", [["", value]]);
    return `${lines.join("\n")}\n`;
  }
}
