import { cancelJob } from "./builds.ts";
import { removeWorkload } from "./clusters-api.ts";
import type { Teardown } from "./deployments-store.ts";
import { anyOf, call } from "./network.ts";
import type { Process } from "./process.ts";
import { later, type World } from "./world.ts";

const EVERY_MS = 15_000;
const LEASE_MS = 60_000;
const SETTLED_MS = 30_000;
const MAX_BACKOFF_MS = 60_000;
const TIMEOUT_MS = 6_000;

/** `startTeardowns`: takes away what is left of removed workloads, again and again until nothing can be left. */
export const startTeardowns = (world: World, by: Process): void => {
  const look = (): void => {
    const { deployments: db, now } = world;
    for (const teardown of db.teardowns.values()) {
      if (teardown.stepAt > now || (teardown.leaseToken !== null && teardown.leaseUntil >= now)) continue;
      teardown.leaseToken = ++db.tokens;
      teardown.leaseUntil = now + LEASE_MS;
      teardown.attempt += 1;
      tearDown(world, by, teardown, teardown.leaseToken);
    }
    later(world, by, EVERY_MS, look);
  };
  look();
};

const tearDown = (world: World, by: Process, teardown: Teardown, token: number): void =>
  takeAway(world, by, teardown, (isDone) => {
    const { deployments: db, now } = world;
    if (teardown.leaseToken !== token) return;
    if (isDone && teardown.createdAt + SETTLED_MS < now) {
      db.teardowns.delete(teardown.workloadId);
      return;
    }
    teardown.leaseToken = null;
    teardown.stepAt = now + (isDone ? SETTLED_MS : Math.min(500 * 2 ** Math.min(teardown.attempt, 10), MAX_BACKOFF_MS));
  });

/** `tearDown`: builds, replicas and routes, pinned images; every part may be done again. */
export const takeAway = (
  world: World,
  by: Process,
  { workloadId, deploymentIds }: Pick<Teardown, "workloadId" | "deploymentIds">,
  then: (isDone: boolean) => void,
): void => {
  for (const id of deploymentIds) cancelJob(world, id);
  call<null>(
    world,
    by,
    () =>
      anyOf(
        world,
        world.controllers.map(({ process }) => process),
      ),
    (reply, target) => {
      removeWorkload(world, target, workloadId);
      reply({ is: "answer", value: null });
    },
    (answer) => {
      if (answer.is !== "answer") return then(false);
      for (const id of deploymentIds) world.pins.delete(id);
      then(true);
    },
    TIMEOUT_MS,
  );
};
