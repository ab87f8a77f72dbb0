import type { Reason } from "@homeport/ci/contract.ts";
import type { Call } from "@homeport/deployments/deployment-machine.ts";
import type { DeploymentId } from "@homeport/kit/ids.ts";
import { changeDeployment, claimSteps, type DeploymentRow, releaseStep, viewOf } from "./deployments-store.ts";
import { type Brought, letGoOfImage, perform } from "./perform.ts";
import { createProcess, type Process } from "./process.ts";
import { startTeardowns } from "./teardowns.ts";
import { later, note, type World } from "./world.ts";

/** A process of the deployments app: its loop over steps that are due. */
export type Stepper = { process: Process; wake(): void };

export type Claim = { id: DeploymentId; leaseToken: number; attempt: number };

const EVERY_MS = 5_000;
const CONCURRENCY = 4;
const BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 15_000;
const POLL_MS = 5_000;

export const addStepper = (world: World, name: string): void => {
  const process = createProcess(name, "deployments");
  let running = 0;
  let isWoken = false;
  const claim = (): void => {
    isWoken = false;
    const free = CONCURRENCY - running;
    if (free <= 0) return;
    for (const step of claimSteps(world, free)) {
      running += 1;
      later(world, process, world.random.int(1, 10), () =>
        takeStep(world, process, step, (waitMs, failed) => giveBack(step, waitMs, failed)),
      );
    }
  };
  const giveBack = (step: Claim, waitMs: number, failed: boolean): void =>
    later(world, process, world.random.int(1, 5), () => {
      releaseStep(world, step, waitMs, failed);
      running -= 1;
      if (waitMs < EVERY_MS) later(world, process, waitMs, stepper.wake);
    });
  const keepLooking = (): void => {
    claim();
    later(world, process, EVERY_MS, keepLooking);
  };
  const stepper: Stepper = {
    process,
    wake() {
      if (isWoken) return;
      isWoken = true;
      later(world, process, 1, claim);
    },
  };
  process.begin = () => {
    running = 0;
    isWoken = false;
    keepLooking();
    startTeardowns(world, process);
  };
  world.processes.push(process);
  world.steppers.push(stepper);
  process.begin();
};

/** `takeStep`: reads, makes one call that may be repeated, and writes under the lease what came of it. */
const takeStep = (world: World, by: Process, claim: Claim, done: (waitMs: number, failed: boolean) => void): void => {
  const row = world.deployments.deployments.get(claim.id);
  const service = row === undefined ? undefined : world.deployments.services.get(row.workloadId);
  if (row === undefined || service === undefined) {
    done(POLL_MS, false);
    return;
  }
  const seen = { ...row }; // as it was read; what is written is judged by it
  const asked: Call = world.rules.nextCall(viewOf(seen));
  if (world.trace !== null) note(world, `${by.name} ${seen.id} (${seen.state}): ${asked.call}`);
  if (asked.call === "none") {
    done(POLL_MS, false);
    return;
  }
  perform(world, by, seen, asked, claim.attempt, (brought) => {
    // An answer that came after the lease was over is as good as any other until it is written.
    later(world, by, world.random.int(0, 5), () => {
      if (brought.is === "event") return done(record(world, claim, seen, brought), false);
      const reason = reasonToFail(brought);
      if (reason === null) return done(Math.min(BACKOFF_MS * 2 ** Math.min(claim.attempt, 10), MAX_BACKOFF_MS), true);
      const waitMs = record(world, claim, seen, { is: "event", event: { event: "refused", reason } });
      if (seen.state === "releasing") letGoOfImage(world, seen);
      done(waitMs, false);
    });
  });
};

/** `reasonToFail`: what is away is waited for, a refusal is an answer. */
const reasonToFail = (brought: Exclude<Brought, { is: "event" }>): Reason | null =>
  brought.is === "refused" ? { code: brought.code, message: "It was refused." } : null;

/** `record`: all of it under the lease, or nothing. */
const record = (
  world: World,
  claim: Claim,
  seen: DeploymentRow,
  brought: Extract<Brought, { is: "event" }>,
): number => {
  const { deployments: db } = world;
  const row = db.deployments.get(seen.id);
  // What is written with the answer is undone when the lease turns out to be lost; here it is asked before.
  const holds = row !== undefined && (!world.rules.checksLease || row.leaseToken === claim.leaseToken);
  const event = holds && brought.within !== undefined ? brought.within(row) : brought.event;
  if (event === null) {
    brought.lost?.();
    return 0;
  }
  const { change, effects, again } = world.rules.step(viewOf(seen), event);
  const waitMs = again === "now" ? 0 : POLL_MS;
  if (Object.keys(change).length === 0) return waitMs;
  if (!changeDeployment(world, seen.id, claim.leaseToken, change)) {
    brought.lost?.();
    return waitMs;
  }
  for (const effect of effects) {
    if (effect.effect === "make_release_live") {
      for (const release of db.releases.values())
        if (release.workloadId === seen.workloadId && release.state === "live") release.state = "superseded";
      const release = db.releases.get(effect.releaseId);
      if (release !== undefined) release.state = "live";
      const service = db.services.get(seen.workloadId);
      if (service !== undefined) service.currentReleaseId = effect.releaseId;
    }
    if (effect.effect === "fail_release") {
      const release = db.releases.get(effect.releaseId);
      if (release?.state === "pending") release.state = "failed";
    }
  }
  return waitMs;
};
