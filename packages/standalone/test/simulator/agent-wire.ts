import { backoffMs } from "@homeport/agent/backoff.ts";
import type { DesiredState, ObservedState } from "@homeport/clusters/contract.ts";
import type { Agent } from "./agent-mind.ts";
import { concernedBy, hello, recordReport, touchNode } from "./clusters-api.ts";
import { controllerOf } from "./controller-process.ts";
import { readDesired } from "./desired.ts";
import { type Answered, anyOf, call, type Reply } from "./network.ts";
import type { Process } from "./process.ts";
import { clockOf, later, type World } from "./world.ts";

const WAIT_MS = 15_000;
const POLL_TIMEOUT_MS = 20_000;
const HELLO_TIMEOUT_MS = 10_000;
const LOOK_MS = 3_000;
const MIN_POLL_MS = 100;
const REPEAT_MS = 15_000;
const REPORT_TIMEOUT_MS = 15_000;
const MAX_PAUSE_MS = 5_000;

const clusters = (world: World) => () =>
  anyOf(
    world,
    world.controllers.map(({ process }) => process),
  );

type Asked<T> = { prepare: () => void; handle: (reply: Reply<T>, by: Process) => void; timeoutMs: number };

/** `known` of the agent's client: says hello first, and again when the control plane has forgotten the node. */
const known = <T>(world: World, agent: Agent, { prepare, handle, timeoutMs }: Asked<T>, then: Reply<T>): void => {
  const { mind, process } = agent;
  const ask = (greeted: Answered<unknown>): void => {
    if (greeted.is !== "answer") {
      then(greeted);
      return;
    }
    prepare();
    call<T>(
      world,
      process,
      clusters(world),
      handle,
      (answer) => {
        if (answer.is === "refused" || (answer.is === "unavailable" && mind.sequence === 0)) mind.greeting = "none";
        then(answer);
      },
      timeoutMs,
    );
  };
  if (mind.greeting === "done") {
    ask({ is: "answer", value: null });
    return;
  }
  mind.greeted.push(ask);
  if (mind.greeting === "none") greet(world, agent);
};

const greet = (world: World, agent: Agent): void => {
  const { mind, process, nodeId } = agent;
  mind.greeting = "underway";
  const applied = mind.desired?.generation ?? 0;
  call<null>(
    world,
    process,
    clusters(world),
    (reply, by) => {
      hello(world, by, nodeId, applied);
      reply({ is: "answer", value: null });
    },
    (answer) => {
      mind.greeting = answer.is === "answer" ? "done" : "none";
      if (answer.is === "answer") mind.sequence = 0;
      const waiting = mind.greeted;
      mind.greeted = [];
      for (const ask of waiting) ask(answer);
    },
    HELLO_TIMEOUT_MS,
  );
};

/** `followDesired`: one question at a time, for ever. */
export const followDesired = (world: World, agent: Agent, failures: number): void => {
  const { mind, process, nodeId } = agent;
  const after = mind.desired?.generation ?? 0;
  known<DesiredState>(
    world,
    agent,
    {
      prepare: () => {},
      handle: (reply, by) => waitForDesired(world, by, agent, after, reply),
      timeoutMs: POLL_TIMEOUT_MS,
    },
    (answer) => {
      if (answer.is === "answer") {
        if (answer.value.nodeId === nodeId) agent.accept(answer.value);
        return later(world, process, MIN_POLL_MS, () => followDesired(world, agent, 0));
      }
      const pause = Math.min(backoffMs(failures + 1), MAX_PAUSE_MS);
      later(world, process, pause, () => followDesired(world, agent, failures + 1));
    },
  );
};

/** `waitForDesired`. */
const waitForDesired = (
  world: World,
  by: Process,
  { nodeId }: Agent,
  after: number,
  reply: Reply<DesiredState>,
): void => {
  const controller = controllerOf(world, by);
  if (!touchNode(world, by, nodeId)) {
    reply({ is: "refused", code: "conflict" });
    return;
  }
  const giveUpAt = world.now + WAIT_MS;
  const waiter = { nodeId, answer: () => look() };
  const look = (): void => {
    if (!controller.waiters.has(waiter)) return;
    const generation = world.clusters.nodes.get(nodeId)?.generation;
    if (generation !== undefined && generation <= after && world.now < giveUpAt) return;
    controller.waiters.delete(waiter);
    const state = readDesired(world, nodeId);
    reply(state === null ? { is: "refused", code: "conflict" } : { is: "answer", value: state });
  };
  const lookNowAndThen = (): void => {
    look();
    if (controller.waiters.has(waiter)) later(world, by, Math.min(LOOK_MS, giveUpAt - world.now), lookNowAndThen);
  };
  controller.waiters.add(waiter);
  lookNowAndThen();
};

/** `createReporter`: the newest, one at a time, again when nothing changes. */
export const reportNow = (world: World, agent: Agent, delayMs: number): void => {
  const { mind, process } = agent;
  if (mind.report.isSending) return;
  mind.report.isSending = true;
  later(world, process, delayMs, () => send(world, agent, 0));
};

const send = (world: World, agent: Agent, failures: number): void => {
  const { mind, process, nodeId } = agent;
  const { latest, text } = mind.report;
  if (latest === null) return;
  const { life } = process;
  let report: ObservedState | null = null;
  const prepare = (): void => {
    mind.sequence += 1;
    const observedAt = clockOf(world, process).toISOString();
    report = { nodeId, ...latest, sequence: mind.sequence, observedAt, complete: true, tasks: [] };
  };
  const handle = (reply: Reply<boolean>, by: Process): void => {
    if (report === null) return;
    const body = report;
    // NOTE: what an agent's earlier life sent and what comes after the next one's hello is believed until that one notices.
    if (process.life !== life) for (const { id } of world.clusters.workloads.values()) world.watching.disturbed.add(id);
    const concerned = concernedBy(world, by, nodeId, body);
    later(world, by, world.random.int(0, 8), () => {
      const accepted = recordReport(world, by, nodeId, body, concerned);
      reply(accepted === null ? { is: "refused", code: "conflict" } : { is: "answer", value: accepted });
    });
  };
  known<boolean>(world, agent, { prepare, handle, timeoutMs: REPORT_TIMEOUT_MS }, (answer) => {
    const isRefused = answer.is === "answer" && !answer.value && world.rules.noticesRefusal;
    if (isRefused) mind.greeting = "none"; // a late report of an earlier life was taken
    if (answer.is !== "answer" || isRefused) {
      const pause = Math.min(backoffMs(failures + 1), MAX_PAUSE_MS);
      return later(world, process, pause, () => send(world, agent, failures + 1));
    }
    mind.report.isSending = false;
    mind.report.sent = text;
    if (mind.report.text !== text) return reportNow(world, agent, 5);
    const { sequence } = mind;
    later(world, process, REPEAT_MS, () => {
      if (!mind.report.isSending && mind.sequence === sequence) reportNow(world, agent, 5);
    });
  });
};
