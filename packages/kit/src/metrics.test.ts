import { expect, test } from "bun:test";
import { createMetrics } from "./metrics.ts";

test("counters and gauges are told in Prometheus' text format", () => {
  const metrics = createMetrics();
  metrics.count("hp_requests_total", "Requests.", { class: "2xx" });
  metrics.count("hp_requests_total", "Requests.", { class: "2xx" }, 2);
  metrics.count("hp_requests_total", "Requests.", { class: 'odd "one"\n' });
  metrics.gauge("hp_free", "Free.", 7);
  metrics.gauge("hp_free", "Free.", 3);
  expect(metrics.render()).toBe(
    `${[
      "# HELP hp_requests_total Requests.",
      "# TYPE hp_requests_total counter",
      'hp_requests_total{class="2xx"} 3',
      'hp_requests_total{class="odd \\"one\\"\\n"} 1',
      "# HELP hp_free Free.",
      "# TYPE hp_free gauge",
      "hp_free 3",
    ].join("\n")}\n`,
  );
});

test("no input can grow it without end: the rest is counted together", () => {
  const metrics = createMetrics();
  for (let i = 0; i < 2_000; i += 1) metrics.count("hp_paths_total", "Paths.", { path: `/${i}` });
  expect(metrics.render().split("\n")).toHaveLength(2 + 501 + 1);
  expect(metrics.render()).toContain('hp_paths_total{overflow="true"} 1500');
});
