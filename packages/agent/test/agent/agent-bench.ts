import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { DesiredReplica, ObservedReplica, ReplicaState, TaskReport } from "@homeport/clusters/contract.ts";
import { newId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import type { DiskReserve } from "../../src/disk.ts";
import { type Agent, startAgent } from "../../src/index.ts";
import { createControlPlane } from "../control-plane.ts";
import type { EngineOptions } from "../engine-options.ts";
import { createLogSink } from "../log-sink.ts";
import type { Machine } from "../machine.ts";
import { replicaOf } from "../replica.ts";

export const LONG = { timeoutMs: 30_000 };

/** One agent of a node of its own, with a control plane and a log sink in memory. */
export class AgentBench {
  machine!: Machine;
  agent!: Agent;
  dataDir = "";
  nodeId = "";
  diskReserve: DiskReserve | undefined;
  control = createControlPlane(newId());
  sink = createLogSink();

  async open(): Promise<void> {
    this.dataDir = await mkdtemp(join(this.machine.options.dataDir, "node-"));
    this.nodeId = newId();
    this.diskReserve = undefined;
    this.control = createControlPlane(this.nodeId);
    this.sink = createLogSink();
    await this.start();
  }

  async start(): Promise<void> {
    const { kind: engine, registry, dockerHost } = this.machine.options;
    const { nodeId, dataDir, diskReserve } = this;
    const config = { nodeId, dataDir, engine, registry, dockerHost, diskReserve, searchPath: process.env.PATH ?? "" };
    const registryPassword = async () => new Secret(this.machine.registry.password);
    const { port: controlPlane } = this.control;
    this.agent = await startAgent({ ...config, registryPassword }, { controlPlane, logSink: this.sink.port });
  }

  /** What it takes to open the agent's engine without the agent. */
  engineOptions(): EngineOptions {
    return { ...this.machine.options, nodeId: this.nodeId, dataDir: this.dataDir };
  }

  /** What the next agent process would do. */
  async restart(): Promise<void> {
    await this.agent.stop();
    await this.start();
  }

  async close(): Promise<void> {
    this.control.offline = false;
    await this.agent.stopWorkloads();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  wish(changes: Partial<DesiredReplica> = {}): DesiredReplica {
    return replicaOf(this.machine.image, changes);
  }

  until(replica: Pick<DesiredReplica, "id">, ...states: ReplicaState[]): Promise<ObservedReplica> {
    return waitFor(
      () => {
        const seen = this.control.seen(replica.id);
        return seen !== undefined && states.includes(seen.state) ? seen : false;
      },
      { ...LONG, message: `the replica never became ${states.join(" or ")}` },
    );
  }

  async ask(replica: DesiredReplica, path: string): Promise<string> {
    const address = this.control.seen(replica.id)?.address;
    if (address === undefined) throw new Error("no address was reported");
    const res = await fetch(`http://${address.host}:${address.port}${path}`, { headers: { connection: "close" } });
    return res.text();
  }

  /** The end of a task. */
  answer(id: string): Promise<Exclude<TaskReport, { state: "running" }>> {
    return waitFor(
      () => {
        const report = this.control.answerTo(id);
        return report !== undefined && report.state !== "running" ? report : false;
      },
      { ...LONG, message: "the task never ended" },
    );
  }
}
