import type { WorkloadId } from "@homeport/kit/ids.ts";
import {
  type DeploymentRow,
  insertDeployment,
  isOver,
  removeService,
  requestCancel,
  type ServiceRow,
  type Wanted,
} from "./deployments-store.ts";
import { anyOf, call } from "./network.ts";
import { createProcess } from "./process.ts";
import type { Service, Wish } from "./script.ts";
import { takeAway } from "./teardowns.ts";
import { type Behaviour, note, type World } from "./world.ts";

/** What was acknowledged to somebody: it may not be lost. */
export type Journal = { deployments: Map<string, WorkloadId>; removed: Set<WorkloadId> };

const somebody = createProcess("somebody", "user");
const TIMEOUT_MS = 20_000;

export const makeService = (world: World, { workloadId, isStateful, replicas, strategy }: Service): void => {
  const { random } = world;
  const settings: Wanted = {
    replicas,
    strategy,
    volumes: isStateful ? [{ volumeId: `vol-${workloadId}`, name: "data", path: "/data" }] : [],
    health: { kind: "http", path: "/", timeoutSeconds: random.int(3, 6), intervalSeconds: 10 },
    graceSeconds: random.int(0, 2),
    behaviour: 0,
  };
  world.deployments.services.set(workloadId, {
    workloadId,
    settings,
    generation: 0,
    lastNumber: 0,
    currentReleaseId: null,
  });
};

/** Asks for something, of whichever instance answers; what is acknowledged goes into the journal. */
export const wish = (world: World, journal: Journal, workloadId: WorkloadId, wanted: Wish): void => {
  const to = () =>
    anyOf(
      world,
      world.steppers.map(({ process }) => process),
    );
  call<string | null>(
    world,
    somebody,
    to,
    (reply, by) => {
      const service = world.deployments.services.get(workloadId);
      if (service === undefined) return reply({ is: "refused", code: "not_found" });
      if (wanted.wish === "remove") {
        const deploymentIds = [...world.deployments.deployments.values()]
          .filter((row) => row.workloadId === workloadId)
          .map(({ id }) => id);
        removeService(world, workloadId);
        reply({ is: "answer", value: null });
        return takeAway(world, by, { workloadId, deploymentIds }, () => {}); // at once, and again by the loop
      }
      const row = carryOut(world, service, wanted);
      if (row === null) return reply({ is: "refused", code: "conflict" });
      reply({ is: "answer", value: row === "done" ? null : row.id });
      for (const stepper of world.steppers) if (stepper.process === by) stepper.wake();
    },
    (answer) => {
      if (answer.is !== "answer") return;
      note(world, `acknowledged: ${wanted.wish} of ${workloadId} ${answer.value ?? ""}`);
      if (wanted.wish === "remove") journal.removed.add(workloadId);
      if (answer.value !== null) journal.deployments.set(answer.value, workloadId);
    },
    TIMEOUT_MS,
  );
};

const carryOut = (
  world: World,
  service: ServiceRow,
  wanted: Exclude<Wish, { wish: "remove" }>,
): DeploymentRow | "done" | null => {
  const { workloadId, settings, currentReleaseId } = service;
  const { deployments: db } = world;
  switch (wanted.wish) {
    case "deploy": {
      if (wanted.from === "configuration" && currentReleaseId === null) return null;
      return insertDeployment(
        world,
        workloadId,
        { kind: wanted.from },
        withBehaviour(world, settings, wanted.behaviour),
      );
    }
    case "roll_back": {
      const live = currentReleaseId === null ? undefined : db.releases.get(currentReleaseId);
      const earlier = [...db.releases.values()]
        .filter(
          (each) => each.workloadId === workloadId && each.state === "superseded" && each.number < (live?.number ?? 0),
        )
        .at(-1);
      if (earlier === undefined) return null;
      return insertDeployment(world, workloadId, { kind: "release", releaseId: earlier.id }, earlier.wants);
    }
    case "cancel": {
      const unfinished = [...db.deployments.values()]
        .filter((row) => row.workloadId === workloadId && !isOver(row))
        .at(-1);
      return unfinished !== undefined && requestCancel(world, unfinished.id) ? "done" : null;
    }
    case "scale":
    case "change_strategy": {
      service.settings =
        wanted.wish === "scale"
          ? { ...settings, replicas: wanted.replicas }
          : { ...settings, strategy: wanted.strategy };
      const live = currentReleaseId === null ? undefined : db.releases.get(currentReleaseId);
      if (live === undefined) return "done";
      return insertDeployment(
        world,
        workloadId,
        { kind: "configuration" },
        { ...service.settings, behaviour: live.wants.behaviour },
      );
    }
  }
};

const withBehaviour = (world: World, settings: Wanted, behaviour: Behaviour): Wanted => {
  const number = ++world.ids;
  world.behaviours.set(`b${number}`, behaviour);
  return { ...settings, behaviour: number };
};
