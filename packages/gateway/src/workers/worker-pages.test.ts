import { afterEach, expect, test } from "bun:test";
import { Supervised } from "../../test/supervised.ts";
import { until } from "../../test/until.ts";

let gateway: Supervised;
afterEach(() => gateway.close());

const json = async (path: string) => (await gateway.page(path)).json();

test("health is that of one gateway, with what each worker is up to", async () => {
  gateway = await Supervised.start();
  expect(await json("/healthz")).toEqual({
    status: "ok",
    version: "stand-in",
    valkey: "up",
    lastReload: null,
    workers: gateway.supervisor.workers.map(({ number, pid }) => ({
      worker: number,
      pid,
      state: "serving",
      isAnswering: true,
    })),
  });
});

test("it is degraded, and not ready, while a worker that gets connections does not answer", async () => {
  gateway = await Supervised.start();
  expect(await json("/readyz")).toEqual({ ready: true });
  const [victim = 0] = gateway.serving;
  process.kill(victim, "SIGSTOP");
  const health = (await json("/healthz")) as { status: string; workers: { pid: number; isAnswering: boolean }[] };
  expect(health.status).toBe("degraded");
  expect(health.workers.flatMap(({ pid, isAnswering }) => (isAnswering ? [] : [pid]))).toEqual([victim]);
  const ready = await gateway.page("/readyz");
  expect(ready.status).toBe(503);
  expect(await ready.json()).toEqual({ ready: false });
}, 10_000);

test("with no worker that answers it is down, and there is no table", async () => {
  gateway = await Supervised.open({}, { dying: [0, 1] });
  expect(await json("/healthz")).toMatchObject({ status: "down", valkey: "down" });
  expect((await gateway.page("/readyz")).status).toBe(503);
  expect((await gateway.page("/table")).status).toBe(503);
});

test("metrics have the worker as a label, under one TYPE line each, and count workers and restarts", async () => {
  gateway = await Supervised.start();
  const [victim = 0] = gateway.serving;
  process.kill(victim, "SIGKILL");
  await until("two serve again", () => gateway.serving.length === 2 && !gateway.serving.includes(victim));
  const metrics = await (await gateway.page("/metrics")).text();
  expect(metrics.match(/# TYPE homeport_gateway_table_revision gauge\n/g)).toHaveLength(1);
  expect(metrics).toContain('homeport_gateway_table_revision{worker="0"} 10\n');
  expect(metrics).toContain('homeport_gateway_table_revision{worker="1"} 11\n');
  expect(metrics).toContain('homeport_gateway_workers{state="serving"} 2\n');
  expect(metrics).toContain("homeport_gateway_worker_restarts_total 1\n");
});

test("the table is that of one worker, with the revision of each", async () => {
  gateway = await Supervised.start();
  const { revision, routes, workers } = (await json("/table")) as { revision: number; routes: []; workers: object[] };
  expect([10, 11]).toContain(revision);
  expect(routes).toEqual([]);
  expect(workers).toHaveLength(2);
  expect(workers).toContainEqual({ worker: 0, revision: 10 });
  expect(workers).toContainEqual({ worker: 1, revision: 11 });
});

test("a reload is asked for by POST, and its outcome shows in health", async () => {
  gateway = await Supervised.start();
  const old = gateway.serving;
  expect((await gateway.page("/reload")).status).toBe(405);
  expect((await gateway.page("/reload", "POST")).status).toBe(202);
  expect(await json("/healthz")).toMatchObject({ lastReload: "running" });
  await until("it is done", async () => ((await json("/healthz")) as { lastReload: string }).lastReload === "done");
  expect(gateway.serving.filter((pid) => old.includes(pid))).toEqual([]);
  expect(await (await gateway.page("/metrics")).text()).toContain('homeport_gateway_reloads_total{outcome="done"} 1\n');
});
