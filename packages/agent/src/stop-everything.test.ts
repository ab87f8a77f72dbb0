import { afterAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { foundOf, replicaOf } from "../test/replica.ts";
import { agentDirOf } from "./agent-config.ts";
import type { ContainerEngine, EngineReplica } from "./ports.ts";
import { desiredPath } from "./service/follow-desired.ts";
import { writeState } from "./state-file.ts";
import { stopEverything } from "./stop-everything.ts";

const dir = await mkdtemp(join(tmpdir(), "homeport-stop-"));
afterAll(() => rm(dir, { recursive: true, force: true }));

/** An engine that runs these, and how long each of them was given to end. */
const engineWith = (ids: string[]) => {
  const graces = new Map<string, number>();
  const replicas = ids.map((id): EngineReplica => {
    return foundOf({ ...replicaOf({ reference: "x:1" }), id }, { kind: "created" });
  });
  const engine = {
    list: async () => replicas,
    stop: async (id: string, graceSeconds: number) => void graces.set(id, graceSeconds),
    remove: async () => {},
  } as unknown as ContainerEngine;
  return { engine, graces };
};

test("every replica gets the grace of its service, an unknown one 10 seconds, and none more than 10 minutes", async () => {
  const config = { nodeId: newId(), dataDir: join(dir, newId()) };
  const [quick, slow, endless] = [0, 45, 3600].map((graceSeconds) => replicaOf({ reference: "x:1" }, { graceSeconds }));
  const replicas = [quick!, slow!, endless!];
  await writeState(desiredPath(agentDirOf(config.dataDir)), {
    nodeId: config.nodeId,
    generation: 1,
    complete: true,
    replicas,
  });
  const unknown = newId();
  const { engine, graces } = engineWith([...replicas.map(({ id }) => id), unknown]);
  await stopEverything(engine, config);
  expect([...replicas.map(({ id }) => id), unknown].map((id) => graces.get(id))).toEqual([0, 45, 600, 10]);
});

test("a node that knows of no wish gives everything 10 seconds", async () => {
  const id = newId();
  const { engine, graces } = engineWith([id]);
  await stopEverything(engine, { nodeId: newId(), dataDir: join(dir, newId()) });
  expect(graces.get(id)).toBe(10);
});
