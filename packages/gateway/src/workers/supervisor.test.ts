import { afterEach, expect, test } from "bun:test";
import { KeepAliveLoad } from "../../test/keep-alive-load.ts";
import { KEEP_ALIVE, SHORT, Supervised } from "../../test/supervised.ts";
import { until } from "../../test/until.ts";

let gateway: Supervised;
afterEach(() => gateway.close());

test("a worker that is killed costs only its own connections, and another takes its place at once", async () => {
  gateway = await Supervised.start();
  const connections = await gateway.connectToAll();
  const [victim = 0, other = 0] = gateway.serving;
  process.kill(victim, "SIGKILL");
  await connections.get(victim)?.closed();
  const tookMs = await until(
    "two workers serve again",
    () => gateway.serving.filter((pid) => pid !== victim).length === 2,
  );
  expect(tookMs).toBeLessThan(2_000);
  connections.get(other)?.send(KEEP_ALIVE);
  await until(
    "the other worker answers on its old connection",
    () => connections.get(other)?.text.split("200 OK").length === 3,
  );
  expect(gateway.supervisor.workers.map(({ number }) => number).sort()).toEqual([0, 1]);
});

test("a worker that dies at every start is tried again ever more slowly, while the other serves", async () => {
  gateway = await Supervised.open({ firstRestartMs: 100, slowestRestartMs: 400 }, { dying: [1] });
  await until("it was tried five times", async () => (await gateway.startsOf(1)).length >= 5);
  const at = await gateway.startsOf(1);
  const waits = at.slice(1).map((time, index) => time - (at[index] ?? 0));
  for (const [index, atLeast] of [100, 200, 400, 400].entries()) expect(waits[index]).toBeGreaterThanOrEqual(atLeast);
  expect(await (await gateway.page("/healthz")).json()).toMatchObject({ status: "degraded" });
  await gateway.connect();
  await gateway.behave({});
  await gateway.supervisor.ready;
  expect(await (await gateway.page("/healthz")).json()).toMatchObject({ status: "ok" });
});

test("when each worker has died and none ever came up, it says so", async () => {
  gateway = await Supervised.open({}, { dying: [0, 1] });
  await expect(gateway.supervisor.ready).rejects.toThrow("No worker of the gateway came up");
});

test("a worker that does not come to listen in time is ended", async () => {
  gateway = await Supervised.open({ readyMs: 1 });
  await expect(gateway.supervisor.ready).rejects.toThrow("No worker of the gateway came up");
});

test("a worker that hangs is killed and replaced, and nobody else is", async () => {
  gateway = await Supervised.start({ askMs: 100, hungMs: 500 });
  const [victim = 0, other = 0] = gateway.serving;
  process.kill(victim, "SIGSTOP");
  await until("another one serves in its place", () => gateway.serving.filter((pid) => pid !== victim).length === 2);
  expect(gateway.serving).toContain(other);
  expect(gateway.supervisor.workers).toHaveLength(2);
});

test("a reload under steady load loses no request and leaves new workers only", async () => {
  gateway = await Supervised.start();
  const old = gateway.serving;
  const load = new KeepAliveLoad(gateway.supervisor.ports.http, KEEP_ALIVE, { clients: 20, perSecond: 400 });
  await until("the old workers answer", () => load.answers.size === 2);
  expect(await gateway.supervisor.reload()).toBe(true);
  const fresh = gateway.serving;
  expect(fresh).toHaveLength(2);
  expect(fresh.filter((pid) => old.includes(pid))).toEqual([]);
  await until("the old workers have ended", () => gateway.supervisor.workers.length === 2);
  await until("both new workers answer", () => fresh.every((pid) => load.answers.has(String(pid))));
  await load.end();
  expect(load.failures).toEqual([]);
  expect([...load.answers.values()].reduce((sum, count) => sum + count)).toBe(load.sent);
});

test("of many short connections none is lost when workers are replaced, three times in a row", async () => {
  gateway = await Supervised.start();
  const load = new KeepAliveLoad(gateway.supervisor.ports.http, SHORT, { clients: 50, perSecond: 500 });
  for (let round = 0; round < 3; round++) expect(await gateway.supervisor.reload()).toBe(true);
  await load.end();
  expect(load.failures).toEqual([]);
}, 15_000);

test("new workers get no connection until all are ready, and go when they do not become it", async () => {
  gateway = await Supervised.start({ readyMs: 1_000 });
  const old = gateway.serving;
  await gateway.behave({ isUnready: true });
  const reloaded = gateway.supervisor.reload();
  await until("the new workers listen", () => gateway.serving.length === 4);
  const pids: number[] = [];
  for (let count = 0; count < 40; count++) pids.push((await gateway.connect()).pid);
  expect(pids.filter((pid) => !old.includes(pid))).toEqual([]);
  expect(await reloaded).toBe(false);
  expect(gateway.serving).toEqual(old);
  expect(gateway.supervisor.workers).toHaveLength(2);
});

test("a worker that died during a reload that was given up is back", async () => {
  gateway = await Supervised.start({ readyMs: 1_000 });
  const [victim = 0] = gateway.serving;
  await gateway.behave({ isUnready: true });
  const reloaded = gateway.supervisor.reload();
  process.kill(victim, "SIGKILL");
  await until("it is gone, and the new ones listen", () => gateway.serving.length === 3);
  await gateway.behave({});
  expect(await reloaded).toBe(false);
  expect(gateway.serving).toHaveLength(1);
  await until("two serve again", () => gateway.serving.length === 2);
});

test("calls during a reload share the one that follows it", async () => {
  gateway = await Supervised.start();
  const { supervisor } = gateway;
  const first = supervisor.reload();
  const [second, third] = [supervisor.reload(), supervisor.reload()];
  expect(second).toBe(third);
  expect(await Promise.all([first, second])).toEqual([true, true]);
  expect((await Promise.all([0, 1, 2, 3].map((worker) => gateway.startsOf(worker)))).flat()).toHaveLength(6);
});

test("stop lets running requests finish in all workers, and leaves nothing behind", async () => {
  gateway = await Supervised.start();
  const connections = [...(await gateway.connectToAll()).values()];
  for (const client of connections) client.send(KEEP_ALIVE.replace("/", "/slow"));
  await until("both run", async () => {
    const metrics = await (await gateway.page("/metrics")).text();
    return metrics.match(/^homeport_gateway_requests_in_flight\{.*\} 1$/gm)?.length === 2;
  });
  await gateway.supervisor.stop();
  for (const client of connections) expect(client.text.split("200 OK")).toHaveLength(3);
  expect(gateway.supervisor.workers).toEqual([]);
  await expect(gateway.page("/healthz")).rejects.toThrow();
});

test("workers that have ended while others still drain are not started again", async () => {
  gateway = await Supervised.start({ firstRestartMs: 0 });
  const [slow] = (await gateway.connectToAll()).values();
  slow?.send(KEEP_ALIVE.replace("/", "/slow"));
  await until("it runs", async () => /in_flight\{.*\} 1$/m.test(await (await gateway.page("/metrics")).text()));
  await gateway.supervisor.stop();
  expect(slow?.text.split("200 OK")).toHaveLength(3);
  expect([...(await gateway.startsOf(0)), ...(await gateway.startsOf(1))]).toHaveLength(2);
});

test("a reload that is interrupted by stop starts nobody any more", async () => {
  gateway = await Supervised.start();
  const reloaded = gateway.supervisor.reload();
  await gateway.supervisor.stop();
  expect(await reloaded).toBe(false);
  expect(gateway.supervisor.workers).toEqual([]);
});
