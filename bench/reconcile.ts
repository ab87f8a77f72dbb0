import { contract } from "../packages/apps/clusters/src/contract.ts";
import { app } from "../packages/apps/clusters/src/index.ts";
import { putOf } from "../packages/apps/clusters/test/world.ts";
import { clientOf } from "../packages/kit/src/client.ts";
import { newId } from "../packages/kit/src/ids.ts";
import { startTestApp } from "../packages/kit/test/app.ts";
import { median, ms, report } from "./report.ts";

/**
 * P13: 1,000 services on 50 simulated agents. How long from the wish to change one of them until its node is told of the
 * new replica, and what the control plane costs while nothing changes: the clusters app with its stand-in gateway, and
 * Postgres and Valkey beside it uncounted.
 */
const NODES = 50;
const SERVICES = 1_000;
const CHANGES = 50;
const IDLE_MS = 30_000;

const platform = await startTestApp(app);
const tokenOf = (headers: Record<string, string>) => (headers["authorization"] ?? "").slice("Bearer ".length);
const url = `http://${platform.host}`;
const nodes = await Promise.all(
  Array.from({ length: NODES }, async () => {
    const nodeId = newId();
    return { nodeId, token: tokenOf(await platform.identity({ kind: "agent", nodeId })) };
  }),
);
const agents = Bun.spawn([process.execPath, `${import.meta.dir}/reconcile/agents.ts`, url, JSON.stringify(nodes)], {
  stdout: "pipe",
  stderr: "inherit",
});

/** When a node was last told of a workload's newest replica. */
const toldAt = new Map<string, number[]>();
const listen = async (): Promise<void> => {
  let rest = "";
  for await (const chunk of agents.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const { workloadId, at } = JSON.parse(line) as { workloadId: string; at: number };
      toldAt.set(workloadId, [...(toldAt.get(workloadId) ?? []), at]);
    }
  }
};
void listen();

const until = async (holds: () => boolean | Promise<boolean>, what: string): Promise<void> => {
  const deadline = Date.now() + 300_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await Bun.sleep(5);
  }
};

try {
  const token = tokenOf(await platform.asApp("deployments"));
  const { workloads } = clientOf(contract, "clusters", { url, token: () => token });
  const ids = Array.from({ length: SERVICES }, () => newId());
  const put = (id: string, generation: number) =>
    workloads.put(
      putOf(id, generation, { graceSeconds: 1, hosts: [`${id}.localhost`] }, { organisationId: platform.home.id }),
    );
  await until(async () => {
    const [row] = await platform.database.admin<[{ count: number }]>`select count(*)::int as count from clusters.nodes`;
    return row.count === NODES;
  }, "all nodes are there");
  /** Old replicas are gone, and what rollouts cost is settled: without gateways nobody tells, which is waited for. */
  const untilQuiet = () =>
    until(async () => {
      const [row] = await platform.database.admin<[{ count: number }]>`
        select (select count(*) from clusters.replicas where role <> 'serving')::int
          + (select count(*) from clusters.workloads where due_at < now() + interval '1 minute')::int as count`;
      return row.count === 0;
    }, "nothing is under way");
  const startedAt = performance.now();
  for (let i = 0; i < ids.length; i += 20) await Promise.all(ids.slice(i, i + 20).map((id) => put(id, 1)));
  const settled = async (generation: number, wanted: number) => {
    const [row] = await platform.database.admin<[{ count: number }]>`
      select count(*)::int as count from clusters.workloads where generation >= ${generation} and rollout_state = 'succeeded'`;
    return row.count >= wanted;
  };
  await until(() => settled(1, SERVICES), "all services serve");
  const allMs = performance.now() - startedAt;

  await untilQuiet();
  const times: number[] = [];
  for (const id of ids.slice(0, CHANGES)) {
    const before = toldAt.get(id)?.length ?? 0;
    const askedAt = Date.now();
    await put(id, 2);
    await until(() => (toldAt.get(id)?.length ?? 0) > before, "the node is told");
    times.push((toldAt.get(id)?.at(-1) ?? 0) - askedAt);
  }
  await until(() => settled(2, CHANGES), "the changed ones serve");
  await untilQuiet();

  const before = process.cpuUsage();
  await Bun.sleep(IDLE_MS);
  const { user, system } = process.cpuUsage(before);
  const sorted = times.toSorted((a, b) => a - b);
  report(`P13 ${SERVICES} services on ${NODES} agents`, {
    "all of them deployed": ms(allMs),
    "one changed: wish to desired state, median": ms(median(times)),
    [`the slowest of ${CHANGES}`]: ms(sorted.at(-1) ?? 0),
    limit: "1000 ms",
    "CPU while nothing changes": `${(((user + system) / 1000 / IDLE_MS) * 100).toFixed(2)} % of one core`,
    "limit of that": "2 %",
  });
} finally {
  agents.kill();
  await agents.exited;
  await platform.stop();
}
process.exit(0);
