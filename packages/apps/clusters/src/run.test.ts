import { describe, expect, test } from "bun:test";
import { type NodeId, newId, type OrganisationId, type ProjectId, type WorkloadId } from "@homeport/kit/ids.ts";
import { ago, NOW, nodeId, online, otherNodeId, reason, release } from "../test/plan-view.ts";
import type { ObservedReplica, ObservedState } from "./contract/replica.ts";
import { NODE_WAIT_MS, PULL_DEADLINE_MS } from "./rollout.ts";
import { judgeRunReport, planRun, type Run, type RunAction, type RunView } from "./run.ts";

const run = (fields: Partial<Run> = {}): Run => ({
  id: newId(),
  workloadId: newId<WorkloadId>(),
  organisationId: newId<OrganisationId>(),
  projectId: newId<ProjectId>(),
  projectSlug: "shop",
  serviceSlug: "api",
  spec: release(),
  command: ["bun", "migrate.ts"],
  timeoutSeconds: 60,
  wantedNodeId: null,
  nodeId,
  state: "pending",
  observed: "pending",
  exitCode: null,
  reason: null,
  createdAt: ago(1_000),
  placedAt: ago(900),
  startedAt: null,
  finishedAt: null,
  stopGeneration: null,
  goneAt: null,
  ...fields,
});
const fresh = { nodeId: null, placedAt: null };
const running = { state: "running", observed: "running", startedAt: ago(10_000) } as const;
const away = (ms: number) => [{ nodeId, replicaCount: 1, lastSeenAt: ago(ms) }];
const fails = (code: string) => ({ do: "fail", reason: expect.objectContaining({ code }) });

type Row = { name: string; run: Partial<Run>; view?: Partial<RunView>; action: RunAction | object | null };

const rows: Row[] = [
  {
    name: "goes to the node with the fewest replicas",
    run: fresh,
    view: {
      nodes: [
        { nodeId, replicaCount: 3, lastSeenAt: NOW },
        { nodeId: otherNodeId, replicaCount: 2, lastSeenAt: NOW },
      ],
    },
    action: { do: "place", nodeId: otherNodeId },
  },
  {
    name: "goes where its workload has to be",
    run: fresh,
    view: { fixedNodeId: nodeId, nodes: online([otherNodeId, nodeId]) },
    action: { do: "place", nodeId },
  },
  {
    name: "goes where it is asked to",
    run: { ...fresh, wantedNodeId: otherNodeId },
    view: { fixedNodeId: nodeId, nodes: online([otherNodeId, nodeId]) },
    action: { do: "place", nodeId: otherNodeId },
  },
  { name: "waits for a node", run: fresh, view: { nodes: away(40_000) }, action: null },
  {
    name: "fails without a node",
    run: { ...fresh, createdAt: ago(NODE_WAIT_MS) },
    view: { nodes: away(90_000) },
    action: fails("no_node"),
  },
  { name: "waits for its image", run: { observed: "pulling" }, action: null },
  {
    name: "fails without its image",
    run: { observed: "pulling", placedAt: ago(PULL_DEADLINE_MS) },
    action: fails("pull_deadline"),
  },
  { name: "begins when its process does", run: { observed: "running" }, action: { do: "begin" } },
  { name: "runs on", run: running, action: null },
  {
    name: "succeeds with exit code 0",
    run: { ...running, observed: "exited", exitCode: 0 },
    action: { do: "succeed" },
  },
  {
    name: "succeeds although nobody saw it run",
    run: { observed: "exited", exitCode: 0 },
    action: { do: "succeed" },
  },
  {
    name: "fails with what its agent says of the end",
    run: { ...running, observed: "exited", exitCode: 1, reason },
    action: { do: "fail", reason },
  },
  {
    name: "fails when nobody saw how it ended",
    run: { ...running, observed: "exited", exitCode: null },
    action: { do: "fail", reason: { code: "exited", message: "The command ended, and nobody saw how." } },
  },
  { name: "fails when it cannot be started", run: { observed: "failed", reason }, action: { do: "fail", reason } },
  {
    name: "leaves its time to its agent first",
    run: { ...running, startedAt: ago(60_000 + 10_000 + 14_000) },
    action: null,
  },
  {
    name: "fails after its time although its agent does not say so",
    run: { ...running, startedAt: ago(60_000 + 10_000 + 15_000) },
    action: fails("run_timed_out"),
  },
  { name: "waits for a node that is away", run: running, view: { nodes: away(NODE_WAIT_MS - 1) }, action: null },
  {
    name: "fails with a node that stays away",
    run: { ...running, createdAt: ago(900_000) },
    view: { nodes: away(NODE_WAIT_MS) },
    action: fails("node_unreachable"),
  },
  {
    name: "is not failed by a controller that just started",
    run: { ...running, createdAt: ago(900_000) },
    view: { nodes: away(NODE_WAIT_MS), watchingSince: ago(100) },
    action: null,
  },
  {
    name: "that has ended stays as it is",
    run: { ...running, state: "cancelled", finishedAt: ago(5), observed: "exited", exitCode: 0 },
    action: null,
  },
];

describe("a run", () => {
  for (const row of rows) {
    test(row.name, () => {
      const view = {
        fixedNodeId: null as NodeId | null,
        nodes: online([nodeId]),
        watchingSince: ago(3_600_000),
        now: NOW,
      };
      const { action } = planRun({ run: run(row.run), ...view, ...row.view });
      expect(action as object | null).toEqual(row.action);
    });
  }
});

const report = (replicas: Partial<ObservedReplica>[], id: string, generation = 5): ObservedState => ({
  nodeId,
  generation,
  observedAt: NOW.toISOString(),
  complete: true,
  tasks: [],
  replicas: replicas.map((each) => ({ id, state: "running", restarts: 0, ...each })),
});

describe("a report of a run", () => {
  test("tells that it ended and how, also where only the reason says so", () => {
    const known = run(running);
    expect(judgeRunReport(known, report([{ state: "exited", exitCode: 0 }], known.id), NOW)).toMatchObject({
      observed: "exited",
      exitCode: 0,
    });
    expect(judgeRunReport(known, report([{ state: "exited", reason }], known.id), NOW)).toMatchObject({ exitCode: 1 });
  });

  test("that comes again changes nothing", () => {
    const known = run({ ...running, observed: "exited", exitCode: 0 });
    expect(judgeRunReport(known, report([{ state: "exited", exitCode: 0 }], known.id), NOW)).toBeNull();
  });

  test("after its end changes nothing but that it is gone, once that was asked for", () => {
    const known = run({ ...running, state: "failed", finishedAt: ago(5), stopGeneration: 6 });
    expect(judgeRunReport(known, report([{ state: "exited", exitCode: 0 }], known.id), NOW)).toBeNull();
    expect(judgeRunReport(known, report([], known.id, 5), NOW)).toBeNull(); // made before anybody asked
    expect(judgeRunReport(known, report([{ state: "exited", exitCode: 0 }], known.id, 6), NOW)).toBeNull();
    expect(judgeRunReport(known, report([], known.id, 6), NOW)).toMatchObject({ goneAt: NOW, observed: "running" });
    expect(judgeRunReport(known, report([{ state: "stopped" }], known.id, 6), NOW)).toMatchObject({ goneAt: NOW });
  });
});
