/**
 * Simulated agents of many nodes: each dials in, follows its desired state by long polls, says that all of it is ready,
 * and repeats that every 15 s, as the agent does. Prints a line for each replica at the moment it is told of it.
 */

import { contract } from "../../packages/apps/clusters/src/contract.ts";
import { clientOf } from "../../packages/kit/src/client.ts";

type Node = { nodeId: string; token: string };
const [url = "", nodesJson = "[]"] = process.argv.slice(2);
const nodes: Node[] = JSON.parse(nodesJson);
const REPEAT_MS = 15_000;

const follow = async ({ nodeId, token }: Node, index: number): Promise<void> => {
  const { agent } = clientOf(contract, "clusters", { url, token: () => token, timeoutMs: 60_000 });
  const capacity = { cpus: 4, memoryMiB: 8192 };
  await agent.hello({ name: `node-${index}`, engine: "process", engineVersion: "1", version: "1", capacity });
  const told = new Set<string>();
  let after = 0;
  let report: () => Promise<unknown> = async () => undefined;
  setInterval(() => void report(), REPEAT_MS * (0.8 + Math.random() * 0.4));
  for (;;) {
    const desired = await agent.desired({ after, waitSeconds: 25 });
    if (desired.generation === after) continue;
    after = desired.generation;
    for (const { id, workloadId } of desired.replicas) {
      if (told.has(id)) continue;
      told.add(id);
      process.stdout.write(`${JSON.stringify({ workloadId, at: Date.now() })}\n`);
    }
    const replicas = desired.replicas.map(({ id, desired: wanted }, port) => ({
      id,
      state: wanted === "running" ? ("ready" as const) : ("stopped" as const),
      restarts: 0,
      address: { host: "127.0.0.1", port: 10_000 + port },
    }));
    report = () => agent.observed({ nodeId, generation: after, replicas });
    await report();
  }
};

await Promise.all(nodes.map(follow));
