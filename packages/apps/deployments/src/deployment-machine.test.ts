import { describe, expect, test } from "bun:test";
import type { JobId, ReleaseId, RunId } from "@homeport/kit/ids.ts";
import { ACTIVE_STATES, isFinal } from "./deployment.ts";
import { type Call, type Event, nextCall, step, type View } from "./deployment-machine.ts";

const JOB = "job" as JobId;
const RELEASE = "release" as ReleaseId;
const RUN = "run" as RunId;
const WHY = { code: "crashed", message: "It crashed." };
const BUILT = { repository: "home/api", digest: `sha256:${"ab".repeat(32)}`, preset: "bun", explanation: "" };

const at = (state: View["state"], changes: Partial<View> = {}): View => ({
  state,
  cause: "build",
  cancelRequested: false,
  jobId: null,
  releaseId: null,
  generation: null,
  runId: null,
  ...changes,
});
const released = { releaseId: RELEASE, generation: 7 };

describe("what a deployment asks next", () => {
  const rows: { name: string; view: View; call: Call }[] = [
    { name: "a queued one begins", view: at("queued"), call: { call: "begin" } },
    { name: "a building one starts its job", view: at("building"), call: { call: "start_build" } },
    {
      name: "and then looks at it",
      view: at("building", { jobId: JOB }),
      call: { call: "look_at_build", jobId: JOB, cancel: false },
    },
    {
      name: "a cancelled one stops it",
      view: at("building", { jobId: JOB, cancelRequested: true }),
      call: { call: "look_at_build", jobId: JOB, cancel: true },
    },
    {
      name: "one cancelled before it knew its job",
      view: at("building", { cancelRequested: true }),
      call: { call: "drop_build" },
    },
    { name: "a releasing one makes its release", view: at("releasing"), call: { call: "release" } },
    {
      name: "a cancelled one makes none",
      view: at("releasing", { cancelRequested: true }),
      call: { call: "drop_release" },
    },
    {
      name: "a command before the traffic",
      view: at("pre_deploying", { ...released, runId: RUN }),
      call: { call: "run", which: "pre_deploy", cancel: false },
    },
    { name: "a rollout", view: at("rolling_out", released), call: { call: "roll_out", abort: false } },
    {
      name: "a cancelled rollout is given up",
      view: at("rolling_out", { ...released, cancelRequested: true }),
      call: { call: "roll_out", abort: true },
    },
    {
      name: "a command after the traffic",
      view: at("post_deploying", { ...released, runId: RUN, cancelRequested: true }),
      call: { call: "run", which: "post_deploy", cancel: true },
    },
    { name: "a live one nothing", view: at("live"), call: { call: "none" } },
  ];
  for (const { name, view, call } of rows) test(name, () => expect(nextCall(view)).toEqual(call));
});

describe("how a deployment goes on", () => {
  const rows: { name: string; view: View; event: Event; state: string | undefined; effects: string[] }[] = [
    {
      name: "one with a source builds",
      view: at("queued"),
      event: { event: "began" },
      state: "building",
      effects: ["tell started"],
    },
    {
      name: "any other makes its release",
      view: at("queued", { cause: "image" }),
      event: { event: "began" },
      state: "releasing",
      effects: ["tell started"],
    },
    {
      name: "a build goes on",
      view: at("building", { jobId: JOB }),
      event: { event: "build", build: { state: "underway" } },
      state: undefined,
      effects: [],
    },
    {
      name: "a build succeeds",
      view: at("building", { jobId: JOB }),
      event: { event: "build", build: { state: "succeeded", result: BUILT } },
      state: "releasing",
      effects: [],
    },
    {
      name: "a build fails",
      view: at("building", { jobId: JOB }),
      event: { event: "build", build: { state: "failed", reason: WHY } },
      state: "failed",
      effects: ["tell failed"],
    },
    {
      name: "a release without a command rolls out",
      view: at("releasing"),
      event: { event: "released", ...released, runId: null },
      state: "rolling_out",
      effects: [],
    },
    {
      name: "a release with one runs it first",
      view: at("releasing"),
      event: { event: "released", ...released, runId: RUN },
      state: "pre_deploying",
      effects: [],
    },
    {
      name: "the command fails: nothing changes over",
      view: at("pre_deploying", { ...released, runId: RUN }),
      event: { event: "run", run: { state: "failed", reason: WHY } },
      state: "failed",
      effects: ["fail_release", "tell failed"],
    },
    {
      name: "a rollout succeeds",
      view: at("rolling_out", released),
      event: { event: "rollout", rollout: { state: "succeeded" }, runId: null },
      state: "live",
      effects: ["make_release_live", "tell live"],
    },
    {
      name: "a rollout succeeds that was to be given up",
      view: at("rolling_out", { ...released, cancelRequested: true }),
      event: { event: "rollout", rollout: { state: "succeeded" }, runId: null },
      state: "live",
      effects: ["make_release_live", "tell live"],
    },
    {
      name: "a rollout succeeds and has a command left",
      view: at("rolling_out", released),
      event: { event: "rollout", rollout: { state: "succeeded" }, runId: RUN },
      state: "post_deploying",
      effects: ["make_release_live"],
    },
    {
      name: "a rollout is given up",
      view: at("rolling_out", released),
      event: { event: "rollout", rollout: { state: "aborted" }, runId: null },
      state: "cancelled",
      effects: ["fail_release", "tell cancelled"],
    },
    {
      name: "the last command fails: it is live all the same",
      view: at("post_deploying", { ...released, runId: RUN }),
      event: { event: "run", run: { state: "failed", reason: WHY } },
      state: "live",
      effects: ["tell live"],
    },
    {
      name: "the last command is refused: it is live all the same",
      view: at("post_deploying", { ...released, runId: RUN }),
      event: { event: "refused", reason: WHY },
      state: "live",
      effects: ["tell live"],
    },
    {
      name: "a refusal fails",
      view: at("releasing"),
      event: { event: "refused", reason: WHY },
      state: "failed",
      effects: ["tell failed"],
    },
  ];
  for (const { name, view, event, state, effects } of rows) {
    test(name, () => {
      const next = step(view, event);
      expect(next.change.state).toBe(state as never);
      expect(next.effects.map((effect) => (effect.effect === "tell" ? `tell ${effect.what}` : effect.effect))).toEqual(
        effects,
      );
    });
  }

  test("a reason says which command failed, and keeps what it knows", () => {
    const failed = { state: "failed" as const, reason: { ...WHY, exitCode: 3, lastLines: ["no such table"] } };
    const before = step(at("pre_deploying", { ...released, runId: RUN }), { event: "run", run: failed }).change.reason;
    expect(before).toMatchObject({ code: "crashed", exitCode: 3, lastLines: ["no such table"] });
    expect(before?.message).toStartWith("The pre-deploy command failed.");
    const after = step(at("post_deploying", { ...released, runId: RUN }), { event: "run", run: failed }).change.reason;
    expect(after).toMatchObject({ code: "post_deploy_failed", exitCode: 3 });
  });
});

describe("laws", () => {
  const events: Event[] = [
    { event: "dropped" },
    { event: "refused", reason: WHY },
    ...(["underway", "cancelled"] as const).map((state) => ({ event: "build" as const, build: { state } })),
    { event: "build", build: { state: "failed", reason: WHY } },
    ...(["underway", "succeeded", "cancelled"] as const).map((state) => ({ event: "run" as const, run: { state } })),
    { event: "run", run: { state: "failed", reason: WHY } },
    ...(["underway", "succeeded", "aborted"] as const).map((state) => ({
      event: "rollout" as const,
      rollout: { state },
      runId: null,
    })),
    { event: "rollout", rollout: { state: "failed", reason: WHY }, runId: null },
  ];

  test("every end is told once, and nothing else is told as an end", () => {
    for (const state of ACTIVE_STATES) {
      for (const event of events) {
        const { change, effects } = step(at(state, { ...released, runId: RUN }), event);
        const ends = effects.flatMap((effect) =>
          effect.effect === "tell" && isFinal(effect.what as never) ? [effect.what] : [],
        );
        expect(ends).toEqual(change.state !== undefined && isFinal(change.state) ? [change.state] : []);
      }
    }
  });

  test("what had the traffic never fails and is never cancelled", () => {
    for (const event of events) {
      if (event.event !== "run" && event.event !== "refused") continue;
      const { change } = step(at("post_deploying", { ...released, runId: RUN }), event);
      expect([undefined, "live"]).toContain(change.state as never);
    }
  });
});
