import { expect, test } from "bun:test";
import type { Route } from "../table.ts";
import { Observer } from "./observer.ts";
import { renderMetrics } from "./prometheus.ts";

const route = (id: string): Route => ({ kind: "workload", id, ready: [], draining: [] });

test("routes beyond the limit share one line, until those that are gone have made room", () => {
  const served = new Set<string>();
  const observer = new Observer((id) => served.has(id));
  for (let i = 0; i < 600; i++) {
    served.add(`w${i}`);
    observer.statsOf(route(`w${i}`)).count(200);
  }
  const lines = renderMetrics(observer, { routes: 1 }).split("\n");
  expect(lines.filter((line) => line.startsWith("homeport_gateway_requests_total")).length).toBe(501);
  expect(lines).toContain('homeport_gateway_requests_total{app="(other)",class="2xx"} 100');
  expect(lines).toContain("homeport_gateway_routes 1");
  served.clear();
  served.add("w1");
  observer.statsOf(route("new")).count(500);
  expect(renderMetrics(observer, {})).toContain('homeport_gateway_requests_total{app="new",class="5xx"} 1\n');
  expect(renderMetrics(observer, {})).toContain('app="w1"');
  expect(renderMetrics(observer, {})).not.toContain('app="w2"');
});

test("the histogram counts each answer in all buckets that hold it", () => {
  const observer = new Observer(() => true);
  const { latency } = observer.statsOf(route("w"));
  for (const durationMs of [0.4, 5, 5.1, 70_000]) latency.add(durationMs, 0);
  const text = renderMetrics(observer, {});
  const bucket = (bound: string) => text.split(`_bucket{app="w",le="${bound}"} `)[1]?.split("\n")[0];
  expect([bucket("0.001"), bucket("0.005"), bucket("0.01"), bucket("10"), bucket("+Inf")]).toEqual([
    "1",
    "2",
    "3",
    "3",
    "4",
  ]);
  expect(text).toContain('homeport_gateway_response_seconds_sum{app="w"} 70.0105');
});

test("percentiles are of the last minute, and there are none without requests", () => {
  const { latency } = new Observer(() => true).statsOf(route("w"));
  expect(latency.percentile(0.5, 0)).toBeNull();
  for (let i = 0; i < 99; i++) latency.add(4, 1_000);
  latency.add(900, 1_000);
  expect([latency.percentile(0.5, 1_000), latency.percentile(1, 1_000)]).toEqual([5, 1_000]);
  expect(latency.percentile(0.5, 200_000)).toBeNull();
});
