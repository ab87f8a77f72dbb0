import { expect, test } from "bun:test";
import { availableParallelism } from "node:os";
import { GatewayConfig, readConfig, readRole } from "../config.ts";

test.each([
  { name: "nothing is said", workers: undefined, role: { kind: "single" } },
  { name: "one is asked for", workers: "1", role: { kind: "single" } },
  { name: "several are asked for", workers: "3", role: { kind: "supervisor", workerCount: 3 } },
])("where $name, the process is $role.kind", ({ workers, role }) => {
  expect(readRole({ HOMEPORT_GATEWAY_WORKERS: workers })).toEqual(role as ReturnType<typeof readRole>);
});

test("auto means one worker per core", () => {
  const role = readRole({ HOMEPORT_GATEWAY_WORKERS: "auto" });
  const count = role.kind === "supervisor" ? role.workerCount : 1;
  expect(count).toBe(Math.min(64, availableParallelism()));
});

test.each(["0", "65", "-1", "1.5", "many"])("%s workers are refused at start", (workers) => {
  expect(() => readRole({ HOMEPORT_GATEWAY_WORKERS: workers })).toThrow("HOMEPORT_GATEWAY_WORKERS");
});

test("a worker shares its port and has names of its own", () => {
  const env = { REDIS_URL: "/s", HOMEPORT_GATEWAY_WORKERS: "4", HOMEPORT_GATEWAY_WORKER: "2" };
  expect(readRole(env)).toEqual({ kind: "worker" });
  const { worker, reusePort, socketName } = GatewayConfig.parse(readConfig(env));
  expect({ worker, reusePort, socketName }).toEqual({ worker: 2, reusePort: true, socketName: "gateway-2" });
});

test("the only worker keeps its port to itself", () => {
  const { worker, reusePort, socketName } = GatewayConfig.parse(readConfig({ REDIS_URL: "/s" }));
  expect({ worker, reusePort, socketName }).toEqual({ worker: 0, reusePort: false, socketName: "gateway" });
});
