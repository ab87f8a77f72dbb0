import { expect, test } from "bun:test";
import { Metrics } from "./metrics.ts";

test("owners beyond the limit share one line", () => {
  const metrics = new Metrics();
  for (let i = 0; i < 2_000; i++) {
    metrics.started();
    metrics.finished(`workload-${i}`, 200);
  }
  const lines = metrics.render({ routes: 1 }).split("\n");
  expect(lines.filter((line) => line.startsWith("homeport_gateway_requests_total")).length).toBe(501);
  expect(lines).toContain('homeport_gateway_requests_total{app="(other)",class="2xx"} 1500');
  expect(lines).toContain("homeport_gateway_requests_in_flight 0");
  expect(lines).toContain("homeport_gateway_routes 1");
});
