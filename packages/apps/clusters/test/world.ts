import { join } from "node:path";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { type NodeId, newId, type WorkloadId } from "@homeport/kit/ids.ts";
import type { TrafficSnapshot } from "@homeport/kit/registry/read-traffic.ts";
import { type TestDatabase, testDatabase } from "@homeport/kit/test/database.ts";
import { testKeyring } from "@homeport/kit/test/keyring.ts";
import { toWorkloadView } from "../src/api/to-wire.ts";
import type { DesiredReplica, DesiredState, ObservedReplica } from "../src/contract/replica.ts";
import { PutWorkload } from "../src/contract.ts";
import { type Controller, createController } from "../src/service/controller.ts";
import type { ClustersDeps } from "../src/service/deps.ts";
import { waitForDesired } from "../src/service/desired-state.ts";
import { registerNode } from "../src/service/nodes.ts";
import { putWorkload } from "../src/service/put-workload.ts";
import { readWorkload } from "../src/service/read-workload.ts";
import { recordReport } from "../src/service/record-report.ts";
import { createSignals } from "../src/signal.ts";
import { readRoutes } from "../src/store/routes.ts";
import { makeUnfinishedDue } from "../src/store/workloads.ts";

export const organisationId = newId<WorkloadId>() as string;
export const projectId = newId<WorkloadId>() as string;

/** A request to roll out a release; every field can be another. */
export const putOf = (
  workloadId: string,
  generation: number,
  release: Partial<PutWorkload["release"]> = {},
  fields: Partial<PutWorkload> = {},
): PutWorkload =>
  PutWorkload.parse({
    workloadId,
    generation,
    organisationId,
    projectId,
    projectSlug: "shop",
    serviceSlug: "api",
    release: {
      releaseId: newId(),
      number: generation,
      image: { repository: "home/shop/api", digest: `sha256:${"0".repeat(64)}` },
      env: { GREETING: `hello ${generation}` },
      port: 3000,
      health: { kind: "http", path: "/healthz" },
      resources: {},
      hosts: ["api-shop.localhost"],
      stabilitySeconds: 1,
      graceSeconds: 5,
      ...release,
    },
    ...fields,
  });

/** An agent that does at once whatever it is told; a test changes what it sees. */
export type FakeAgent = {
  nodeId: NodeId;
  hello(appliedGeneration?: number): Promise<number>;
  /** Fetches what is wanted, starts and stops it, reports. */
  sync(): Promise<DesiredReplica[]>;
  /** Changes what it sees of the newest replica of a service that shall run, or of a given one, and reports. */
  sees(fields: Partial<ObservedReplica>, id?: string): Promise<string>;
  reports(): Promise<boolean>;
  generation(): number;
  /** Syncs, and finds all of one workload that shall run ready. */
  readies(workloadId: string): Promise<void>;
  /** Its whole desired state. */
  state(): Promise<DesiredState>;
  /** Ids of what it runs of a workload, as on a machine that does not ask anybody. */
  runs(workloadId: string): string[];
};

const fakeAgent = (deps: ClustersDeps, nodeId: NodeId): FakeAgent => {
  const seen = new Map<string, ObservedReplica>();
  const workloadOf = new Map<string, string>();
  let generation = 0;
  let sequence = 0;
  let port = 4000;
  const report = async (): Promise<boolean> => {
    const observedAt = deps.clock().toISOString();
    const replicas = [...seen.values()];
    const answer = await recordReport(deps, nodeId, {
      nodeId,
      generation,
      sequence: ++sequence,
      observedAt,
      complete: true,
      replicas,
      tasks: [],
    });
    return answer.accepted;
  };
  const desired = () => waitForDesired(deps, nodeId, 0, 0, new AbortController().signal);
  const sync = async (): Promise<DesiredReplica[]> => {
    const state = await desired();
    generation = state.generation;
    const wanted = state.replicas.filter(({ desired }) => desired === "running");
    for (const id of seen.keys()) if (!wanted.some((replica) => replica.id === id)) seen.delete(id);
    for (const { id, workloadId } of wanted) {
      workloadOf.set(id, workloadId);
      if (!seen.has(id)) seen.set(id, { id, state: "starting", restarts: 0 });
    }
    await report();
    return state.replicas;
  };
  return {
    nodeId,
    sync,
    reports: report,
    generation: () => generation,
    state: desired,
    runs: (workloadId) => [...seen.keys()].filter((id) => workloadOf.get(id) === workloadId),
    async readies(workloadId) {
      await sync();
      for (const [id, { state }] of seen) {
        if (workloadOf.get(id) !== workloadId || state === "ready") continue;
        const address = { host: "127.0.0.1", port: ++port };
        seen.set(id, { id, state: "ready", restarts: 0, address, readySince: deps.clock().toISOString() });
      }
      await report();
    },
    hello(appliedGeneration = generation) {
      sequence = 0;
      const capacity = { cpus: 2, memoryMiB: 2048 };
      return registerNode(deps, nodeId, {
        name: "node-1",
        engine: "process",
        engineVersion: "1",
        version: "1",
        capacity,
        appliedGeneration,
      });
    },
    async sees(fields, id) {
      const wanted =
        id ?? (await sync()).filter(({ desired, kind }) => desired === "running" && kind === "service").at(-1)?.id;
      if (wanted === undefined) throw new Error("no replica shall run");
      const known = seen.get(wanted);
      const fresh = () => ({ readySince: deps.clock().toISOString(), address: { host: "127.0.0.1", port: ++port } });
      const kept = known?.state === "ready" ? { readySince: known.readySince, address: known.address } : undefined;
      const ready = fields.state === "ready" ? (kept ?? fresh()) : {};
      seen.set(wanted, { id: wanted, state: "starting", restarts: 0, ...ready, ...fields });
      await report();
      return wanted;
    },
  };
};

export type World = {
  database: TestDatabase;
  sql: Sql;
  deps: ClustersDeps;
  agent: FakeAgent;
  addAgent(): FakeAgent;
  /** Turns the clock forward. */
  pass(ms: number): void;
  /** What gateways say to the controller. */
  gateways: { revision: number | null; traffic: TrafficSnapshot | null };
  /** Lets the controller do all that is due. */
  step(): Promise<void>;
  /** Makes all due that is not at rest, as the controller does twice a minute. */
  sweep(): Promise<void>;
  /** A controller that knows nothing of the one before, as after kill -9. */
  restartController(): void;
  put(put: PutWorkload): Promise<void>;
  look(workloadId: string): Promise<ReturnType<typeof toWorkloadView>>;
  targets(workloadId: string): Promise<{ port: number; state: string }[] | undefined>;
  events(workloadId: string): Promise<{ type: string; data: Record<string, unknown> }[]>;
  /** Puts a release and lets agents and controller work until it is settled; says how it looks then. */
  rollOut(put: PutWorkload, agents?: FakeAgent[]): Promise<ReturnType<typeof toWorkloadView>>;
  /** Deploys a generation until it has the traffic; returns its replica. */
  deploy(put: PutWorkload): Promise<string>;
  /** Lets drained replicas run out. */
  settle(): Promise<void>;
};

export const createWorld = async (): Promise<World> => {
  const database = await testDatabase([{ app: "clusters", dir: join(import.meta.dir, "../src/migrations") }]);
  const sql = database.connect("clusters", { max: 6 });
  let now = Date.parse("2026-05-01T12:00:00Z");
  const deps: ClustersDeps = {
    sql,
    clock: () => new Date(now),
    signals: createSignals(),
    keys: testKeyring(),
  };
  const gateways: World["gateways"] = { revision: null, traffic: { gateways: [] } };
  const startController = (): Controller =>
    createController(deps, { lowestRevision: async () => gateways.revision, traffic: async () => gateways.traffic });
  let controller = startController();
  const agent = fakeAgent(deps, newId<NodeId>());
  await agent.hello();
  const step = () => controller.stepDue();
  const world: World = {
    database,
    sql,
    deps,
    agent,
    addAgent: () => fakeAgent(deps, newId<NodeId>()),
    pass(ms) {
      now += ms;
    },
    gateways,
    step,
    sweep: () => makeUnfinishedDue(sql, deps.clock()),
    restartController() {
      controller = startController();
    },
    put: (put) => putWorkload(deps, put),
    look: async (workloadId) => toWorkloadView(await readWorkload(deps, workloadId)),
    async targets(workloadId) {
      const { routes } = await readRoutes(sql);
      return routes
        .find((route) => route.workloadId === workloadId)
        ?.targets.map(({ port, state }) => ({ port, state }));
    },
    events: (workloadId) => database.admin<{ type: string; data: Record<string, unknown> }[]>`
      select type, data from platform.events where subject = ${workloadId} order by id`,
    async deploy(put) {
      await putWorkload(deps, put);
      await step();
      const replica = await agent.sees({ state: "ready" });
      await step();
      now += 1_000;
      await step();
      return replica;
    },
    async rollOut(put, agents = [agent]) {
      await putWorkload(deps, put);
      for (let round = 0; round < 20; round++) {
        await step();
        for (const each of agents) await each.readies(put.workloadId);
        now += 1_000;
        await step();
        const view = await world.look(put.workloadId);
        if (view.phase === "settled") return view;
      }
      throw new Error("the rollout does not come to an end");
    },
    async settle() {
      for (let round = 0; round < 4; round++) {
        await step();
        await agent.sync();
        now += 5_000;
      }
      await step();
    },
  };
  return world;
};
