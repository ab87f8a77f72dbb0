import { describe, expect, test } from "bun:test";
import { newId, type ReplicaId, type WorkloadId } from "@homeport/kit/ids.ts";
import type { ObservedReplica, ObservedState } from "./contract/replica.ts";
import type { ReportedReplica } from "./replica.ts";
import { judgeReport } from "./report.ts";

const NOW = new Date("2026-05-01T12:00:00Z");
const ago = (ms: number): Date => new Date(NOW.getTime() - ms);
const id = newId<ReplicaId>();

const replica = (fields: Partial<ReportedReplica> = {}): ReportedReplica => ({
  id,
  workloadId: newId<WorkloadId>(),
  role: "serving",
  state: "ready",
  stateSince: ago(60_000),
  address: { host: "127.0.0.1", port: 4000 },
  readyAt: ago(60_000),
  startedAt: ago(61_000),
  restarts: 0,
  reason: null,
  exitCode: null,
  stoppedAt: null,
  stopGeneration: null,
  ...fields,
});

const report = (replicas: Partial<ObservedReplica>[], fields: Partial<ObservedState> = {}): ObservedState => ({
  nodeId: newId(),
  generation: 5,
  observedAt: NOW.toISOString(),
  complete: true,
  tasks: [],
  replicas: replicas.map((each) => ({ id, state: "ready", restarts: 0, ...each })),
  ...fields,
});

const steady = { readySince: ago(60_000).toISOString(), startedAt: ago(61_000).toISOString() };

describe("a report", () => {
  test("that says what is known changes nothing", () => {
    expect(judgeReport(replica(), report([steady]), NOW)).toBeNull();
  });

  test("that travelled a little longer than the last one changes nothing", () => {
    const later = new Date(NOW.getTime() + 400);
    expect(judgeReport(replica(), report([steady]), later)).toBeNull();
  });

  test("without a serving replica changes nothing: what runs keeps serving", () => {
    expect(judgeReport(replica(), report([]), NOW)).toBeNull();
  });

  test("of an agent with a wrong clock is put on ours", () => {
    const theirs = new Date("2031-01-01T00:00:00Z");
    const since = new Date(theirs.getTime() - 1_500);
    const next = judgeReport(
      replica({ state: "running", readyAt: null }),
      report([{ readySince: since.toISOString() }], { observedAt: theirs.toISOString() }),
      NOW,
    );
    expect(next?.readyAt).toEqual(ago(1_500));
  });

  test("without the agent's clock counts readiness from its arrival, and does not move it later", () => {
    const { observedAt: _, ...bare } = report([{ readySince: ago(9_000_000).toISOString() }]);
    expect(judgeReport(replica({ state: "running", readyAt: null }), bare, NOW)?.readyAt).toEqual(NOW);
    expect(judgeReport(replica({ startedAt: null }), bare, NOW)).toBeNull();
  });

  test("of readiness that was lost meanwhile starts the window again", () => {
    const next = judgeReport(replica(), report([{ ...steady, readySince: ago(200).toISOString() }]), NOW);
    expect(next?.readyAt).toEqual(ago(200));
  });

  test("of a new address replaces the old one", () => {
    const next = judgeReport(replica(), report([{ ...steady, address: { host: "127.0.0.1", port: 4001 } }]), NOW);
    expect(next?.address).toEqual({ host: "127.0.0.1", port: 4001 });
  });

  test("of an agent that just started keeps the address it cannot know yet", () => {
    const next = judgeReport(replica(), report([{ ...steady, state: "starting", readySince: undefined }]), NOW);
    expect(next).toMatchObject({ state: "starting", address: { port: 4000 }, readyAt: null, stateSince: NOW });
  });

  test("of a crash takes the address away and keeps the reason, readable by every store", () => {
    const reason = { code: "exit_code", message: "It ended.", exitCode: 1, lastLines: ["a\0b", "\ud800"] };
    const next = judgeReport(replica(), report([{ state: "exited", reason }]), NOW);
    expect(next).toMatchObject({ state: "exited", address: null });
    expect(next?.reason?.lastLines).toEqual(["a\uFFFDb", "\uFFFD"]);
  });

  const stopping = replica({ role: "stopping", stopGeneration: 5 });

  test("made under the stop without the replica says that it is gone", () => {
    expect(judgeReport(stopping, report([]), NOW)).toMatchObject({ state: "stopped", stoppedAt: NOW, address: null });
  });

  test("made under the stop with the replica stopped says that it is gone", () => {
    expect(judgeReport(stopping, report([{ state: "stopped" }]), NOW)).toMatchObject({ stoppedAt: NOW });
  });

  test("made before the stop was known says nothing about it", () => {
    expect(judgeReport(stopping, report([], { generation: 4 }), NOW)).toBeNull();
  });

  test("that leaves replicas out says nothing about those", () => {
    expect(judgeReport(stopping, report([], { complete: false }), NOW)).toBeNull();
  });

  test("of an end does not count as gone: the agent has to remove it first", () => {
    expect(judgeReport(stopping, report([{ state: "exited" }]), NOW)).toMatchObject({
      state: "exited",
      stoppedAt: null,
    });
  });
});
