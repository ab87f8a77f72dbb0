import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { CreateRun } from "../src/contract.ts";
import { createRun, getRun } from "../src/service/runs.ts";
import { createWorld, putOf, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
}, 60_000);
afterAll(() => world.database.drop());

/** A controller in another process, which is killed at `crashpoint` as by `kill -9`. */
const stepAndDie = async (crashpoint: string): Promise<void> => {
  const { url, secret } = world.database;
  const script = join(import.meta.dir, "crashing-controller.ts");
  const controller = Bun.spawn({
    cmd: [process.execPath, script, url.reveal(), secret.reveal(), world.deps.clock().toISOString()],
    env: { ...process.env, HOMEPORT_CRASHPOINT: crashpoint },
    stdout: "ignore",
    stderr: "inherit",
  });
  await controller.exited;
  expect(controller.signalCode).toBe("SIGKILL"); // it got there
};

const typesOf = async (id: string) => (await world.events(id)).map(({ type }) => type.replace("clusters.", ""));

/** A service whose second release is ready to be switched to. */
const ready = async (): Promise<string> => {
  const id = newId();
  await world.deploy(putOf(id, 1));
  await world.settle();
  await world.put(putOf(id, 2));
  await world.step();
  await world.agent.sees({ state: "ready" });
  await world.step();
  world.pass(1_000);
  return id;
};

/** Where it dies, and the generation that serves then: before a commit nothing has happened, after it all has. */
const points = [
  { crashpoint: "rollout.switch.before-commit", serving: 1, state: "running" },
  { crashpoint: "rollout.switch.after-commit", serving: 2, state: "switching" },
  { crashpoint: "rollout.recorded", serving: 2, state: "succeeded" },
  { crashpoint: "rollout.drain.acknowledged", serving: 2, state: "succeeded" },
];
for (const { crashpoint, serving, state } of points) {
  test(`a controller that is killed at ${crashpoint} leaves a rollout that the next one finishes`, async () => {
    const id = await ready();
    await stepAndDie(crashpoint);
    expect(await world.look(id)).toMatchObject({ serving: { generation: serving }, rollout: { state } });
    const targets = await world.targets(id);
    expect(targets?.filter((target) => target.state === "ready")).toHaveLength(1);
    world.restartController();
    await world.sweep();
    await world.step();
    expect(await world.look(id)).toMatchObject({ serving: { generation: 2 }, rollout: { state: "succeeded" } });
    await world.settle();
    expect((await world.look(id)).replicas).toMatchObject([{ role: "serving", generation: 2 }]);
    expect((await typesOf(id)).filter((type) => type === "rollout.succeeded")).toHaveLength(2); // one for each release
  }, 60_000);
}

test("a controller that is killed when it has recorded a run leaves one that has ended once", async () => {
  const { workloadId, generation: _, ...put } = putOf(newId(), 1);
  const input = CreateRun.parse({ ...put, workloadId, runId: newId(), command: ["true"] });
  await createRun(world.deps, input);
  await world.step();
  await world.agent.sync();
  await world.agent.sees({ state: "exited", exitCode: 0 }, input.runId);
  await stepAndDie("run.recorded");
  await world.sweep();
  await world.step();
  expect(await getRun(world.deps, input.runId)).toMatchObject({ state: "succeeded", exitCode: 0 });
  expect(await typesOf(input.runId)).toEqual(["run.succeeded"]);
}, 60_000);
