import { describe, expect, test } from "bun:test";
import type { NodeId } from "@homeport/kit/ids.ts";
import type { NodeTaskState, RolloutState } from "./ports.ts";
import type { VolumeOperationKind, VolumeStep } from "./volume-operation.ts";
import {
  type Call,
  type Effect,
  type Event,
  type Next,
  nextCall,
  step,
  type View,
} from "./volume-operation-machine.ts";
import type { SnapshotId } from "./volume-snapshot.ts";

const WHY = { code: "disk_full", message: "The disk is full." };
const ARCHIVE = { bytes: 7, sha256: "ab".repeat(32), consistent: true };
const SNAPSHOT = { kind: "volume.snapshot", snapshotId: "s", ...ARCHIVE } as const;
const RESULTS = {
  saving: SNAPSHOT,
  undoing: { kind: "volume.restore" },
  snapshot: SNAPSHOT,
  restore: { kind: "volume.restore" },
  reset: { kind: "volume.reset" },
  resize: { kind: "volume.resize", sizeMiB: 5, enforced: false },
} as const;

const at = (kind: VolumeOperationKind, where: VolumeStep | null, changes: Partial<View> = {}): View => ({
  kind,
  state: where === null ? "pending" : "running",
  step: where,
  hasStop: where === null ? null : true,
  savedId: kind === "restore" ? ("saved" as SnapshotId) : null,
  startTries: 0,
  reason: null,
  ...changes,
});

/** Takes an operation from `view` to its end; each answer is what `answer` says, and goes well where it says nothing. */
const play = (begin: View, hasStop: boolean, answers: Partial<Record<VolumeStep, Event>> = {}) => {
  let view = begin;
  const steps: string[] = [];
  const effects: Effect[] = [];
  for (let i = 0; i < 20 && (view.state === "pending" || view.state === "running"); i += 1) {
    const event = (view.step === null ? undefined : answers[view.step]) ?? goesWell(view, hasStop);
    const next = step(view, event);
    effects.push(...next.effects);
    const dropped = next.effects.some((each) => each.effect === "drop_snapshot" && each.which === "saved");
    view = { ...view, ...next.change, ...(dropped ? { savedId: null } : {}) } as View;
    if (next.change.step) steps.push(next.change.step);
  }
  return { view, steps, effects };
};

const goesWell = (view: View, hasStop: boolean): Event => {
  if (view.step === null) return { event: "placed", nodeId: "node" as NodeId, hasStop };
  if (view.step === "stopping" || view.step === "starting") return rollout({ state: "succeeded" });
  const result = view.step === "saving" || view.step === "undoing" ? RESULTS[view.step] : RESULTS[view.kind];
  return task({ state: "succeeded", result });
};
const rollout = (state: RolloutState): Event => ({ event: "rollout", rollout: state });
const task = (state: NodeTaskState): Event => ({ event: "task", task: state });
const failed = task({ state: "failed", reason: WHY });
const failedWith = (code: string): Event => task({ state: "failed", reason: { ...WHY, code } });
const notRolledOut = rollout({ state: "failed", reason: { code: "crashed", message: "It crashed." } });

describe("what an operation asks next", () => {
  const rows: { step: VolumeStep | null; call: Call }[] = [
    { step: null, call: { call: "place" } },
    { step: "stopping", call: { call: "roll_out", which: "stop" } },
    { step: "saving", call: { call: "task", which: "save" } },
    { step: "working", call: { call: "task", which: "work" } },
    { step: "undoing", call: { call: "task", which: "undo" } },
    { step: "starting", call: { call: "roll_out", which: "start" } },
  ];
  for (const row of rows) test(`${row.step ?? "pending"}`, () => expect(nextCall(row)).toEqual(row.call));
});

describe("an operation that goes well", () => {
  const rows: { kind: VolumeOperationKind; hasStop: boolean; steps: VolumeStep[] }[] = [
    { kind: "restore", hasStop: true, steps: ["stopping", "saving", "working", "starting"] },
    { kind: "restore", hasStop: false, steps: ["saving", "working"] },
    { kind: "reset", hasStop: true, steps: ["stopping", "working", "starting"] },
    { kind: "reset", hasStop: false, steps: ["working"] },
    { kind: "snapshot", hasStop: false, steps: ["working"] },
    { kind: "resize", hasStop: false, steps: ["working"] },
  ];
  for (const { kind, hasStop, steps } of rows) {
    test(`a ${kind} ${hasStop ? "of a running service" : "with nothing to stop"}`, () => {
      const played = play(at(kind, null), hasStop);
      expect(played.steps).toEqual(steps);
      expect(played.view).toMatchObject({ state: "succeeded", step: null, reason: null });
      const told = played.effects.flatMap((each) => (each.effect === "tell" ? [each.what] : []));
      expect(told).toEqual(["started", "succeeded"]);
      const generations = played.effects.filter(({ effect }) => effect === "take_generation");
      expect(generations).toHaveLength(hasStop ? 2 : 0);
    });
  }

  test("waits while a node or a rollout is under way", () => {
    const waits: Next = { change: {}, effects: [], again: "later" };
    expect(step(at("restore", "working"), task({ state: "underway" }))).toEqual(waits);
    expect(step(at("restore", "stopping"), rollout({ state: "underway" }))).toEqual(waits);
    expect(step(at("restore", "starting"), rollout({ state: "underway" }))).toEqual(waits);
  });

  test("a size holds once the node has it", () => {
    expect(play(at("resize", null), false).effects).toContainEqual({ effect: "resized" });
    expect(play(at("resize", null), false, { working: failed }).effects).not.toContainEqual({ effect: "resized" });
  });

  test("a snapshot is ready with what the node says of it", () => {
    const ready = { effect: "snapshot_ready", archive: ARCHIVE } as const;
    expect(play(at("snapshot", null), false).effects).toContainEqual({ ...ready, which: "made" });
    expect(play(at("restore", null), true).effects).toContainEqual({ ...ready, which: "saved" });
  });
});

describe("an operation that fails", () => {
  type Row = {
    name: string;
    kind?: VolumeOperationKind;
    answers: Partial<Record<VolumeStep, Event>>;
    steps: VolumeStep[];
    says: string;
    code?: string;
  };
  const rows: Row[] = [
    {
      name: "that cannot stop the service: it is started all the same, and nothing was touched",
      answers: { stopping: notRolledOut },
      steps: ["stopping", "starting"],
      says: "The service could not be stopped. It crashed.",
    },
    {
      name: "that cannot save what is there: nothing is touched",
      answers: { saving: failed },
      steps: ["stopping", "saving", "starting"],
      says: "so nothing was changed. The disk is full.",
    },
    {
      name: "whose volume is gone has nothing to save, and goes on",
      answers: { saving: failedWith("volume_not_found") },
      steps: ["stopping", "saving", "working", "starting"],
      says: "",
    },
    {
      name: "that breaks off: what was there is put back",
      answers: { working: failedWith("task_failed") },
      steps: ["stopping", "saving", "working", "undoing", "starting"],
      says: "What was there before was put back.",
    },
    {
      name: "with a damaged snapshot left the volume as it was",
      answers: { working: failedWith("snapshot_damaged") },
      steps: ["stopping", "saving", "working", "starting"],
      says: "The disk is full.",
      code: "snapshot_damaged",
    },
    {
      name: "that cannot be undone: the service is not started with half of its data",
      answers: { working: failed, undoing: failed },
      steps: ["stopping", "saving", "working", "undoing"],
      says: "the service stays stopped",
    },
    {
      name: "that breaks off with nothing saved: neither",
      answers: { saving: failedWith("volume_not_found"), working: failed },
      steps: ["stopping", "saving", "working"],
      says: "the service stays stopped",
    },
    {
      name: "a reset: the service is started again",
      kind: "reset",
      answers: { working: failed },
      steps: ["stopping", "working", "starting"],
      says: "The disk is full.",
    },
    {
      name: "after which the service does not start: it is tried twice",
      answers: { starting: notRolledOut },
      steps: ["stopping", "saving", "working", "starting", "starting"],
      says: "It was done, but the service did not start again. It crashed.",
      code: "service_not_started",
    },
    {
      name: "and then the service does not start either: both are told",
      kind: "reset",
      answers: { working: failed, starting: notRolledOut },
      steps: ["stopping", "working", "starting", "starting"],
      says: "The disk is full. The service did not start again. It crashed.",
      code: "disk_full",
    },
    {
      name: "that was refused",
      answers: { working: { event: "refused", reason: { code: "conflict", message: "No." } } },
      steps: ["stopping", "saving", "working", "undoing", "starting"],
      says: "No. What was there before was put back.",
    },
  ];
  for (const { name, kind = "restore", answers, steps, says, code } of rows) {
    test(name, () => {
      const played = play(at(kind, null), true, answers);
      expect(played.steps).toEqual(steps);
      expect(played.view.state).toBe(says === "" ? "succeeded" : "failed");
      expect(played.view.reason?.message ?? "").toContain(says);
      if (code !== undefined) expect(played.view.reason?.code).toBe(code);
    });
  }

  test("a snapshot that was not made is dropped, and one that was saved is not", () => {
    const dropped = (which: "made" | "saved") => ({ effect: "drop_snapshot", which }) as const;
    expect(play(at("snapshot", null), false, { working: failed }).effects).toContainEqual(dropped("made"));
    expect(play(at("restore", null), true, { stopping: notRolledOut }).effects).toContainEqual(dropped("saved"));
    expect(play(at("restore", null), true, { saving: failed }).effects).toContainEqual(dropped("saved"));
    expect(play(at("restore", null), true, { working: failed }).effects).not.toContainEqual(dropped("saved"));
  });

  test("before it began stops nothing, and so starts nothing", () => {
    const next = step(at("restore", null), { event: "refused", reason: WHY });
    expect(next.change).toEqual({ state: "failed", step: null, reason: WHY });
    expect(next.effects.map(({ effect }) => effect)).toEqual(["drop_snapshot", "tell"]);
  });

  test("what was put back and what was refused has a reason of at most 2000 characters", () => {
    const long = { code: "task_failed", message: "x".repeat(2000) };
    const { view } = play(at("restore", null), true, { working: task({ state: "failed", reason: long }) });
    expect(view.reason?.message).toHaveLength(2000);
    expect(view.reason?.message).toEndWith("x What was there before was put back.");
  });
});
