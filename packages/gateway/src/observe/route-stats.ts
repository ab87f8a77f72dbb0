import { LatencyHistogram } from "./latency-histogram.ts";

/** How a request ended: with this status, as a WebSocket, given up by the client, or cut off by a dying upstream. */
export type Outcome = number | "tunnel" | "aborted" | "cut";

/** Counts of one route since the process started. Its fields are added to directly: one object for each route, made once. */
export class RouteStats {
  /** Answers by class: 1xx to 5xx. */
  readonly classes = new Float64Array(5);
  aborted = 0;
  cut = 0;
  tunnels = 0;
  bytesIn = 0;
  bytesOut = 0;
  inFlight = 0;
  /** From the head of a request to the head of its answer. */
  readonly latency = new LatencyHistogram();

  /** `id`: the app or workload; null for what no route answered. */
  constructor(
    readonly kind: "app" | "workload" | "gateway",
    readonly id: string | null,
  ) {}

  get requests(): number {
    let sum = this.aborted + this.cut + this.tunnels;
    for (const count of this.classes) sum += count;
    return sum;
  }

  count(outcome: Outcome): void {
    if (outcome === "tunnel") this.tunnels++;
    else if (outcome === "aborted") this.aborted++;
    else if (outcome === "cut") this.cut++;
    else {
      const index = Math.floor(outcome / 100) - 1;
      if (index >= 0 && index < 5) this.classes[index] = (this.classes[index] as number) + 1;
    }
  }
}
