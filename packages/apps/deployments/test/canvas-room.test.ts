import { afterAll, beforeAll, expect, test } from "bun:test";
import { createLogger } from "@homeport/kit/log.ts";
import type { Actor } from "@homeport/kit/principal.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { createCanvasPresence } from "../src/adapters/canvas-presence.ts";
import { Operation } from "../src/canvas/operation.ts";
import { createCanvas } from "../src/service/canvas.ts";
import { createRoom, type Member, type Told } from "../src/service/canvas-room.ts";
import { createCanvasWriter } from "../src/service/canvas-writer.ts";
import { createEdgeSource } from "../src/service/edges.ts";
import { findProject } from "../src/store/projects.ts";
import { type CanvasWorld, startCanvasWorld } from "./canvas-world.ts";

let world: CanvasWorld;
beforeAll(async () => {
  world = await startCanvasWorld();
}, 60_000);
afterAll(() => world?.stop());

const ADA: Actor = { kind: "person", id: Bun.randomUUIDv7(), name: "Ada" };

test("what is written while somebody's state is read reaches them after it, in order, with all that follows", async () => {
  const { id, environmentId } = await world.newProject([]);
  const sql = world.database.connect("deployments");
  const scope = { organisationId: world.home.id, organisationSlug: "home", projectIds: null } as never;
  const project = await findProject(sql, scope, id);
  if (project === null) throw new Error("it was just made");
  const presence = createCanvasPresence(world.platform.valkey);
  const canvas = createCanvas(sql, createEdgeSource(sql));
  const environment = await canvas.environment(project);
  expect(environment.id as string).toBe(environmentId);
  let gate = Promise.resolve();
  let reads = 0;
  const room = createRoom({
    project,
    instance: "one",
    canvas: {
      ...canvas,
      async state(...of) {
        const state = await canvas.state(...of);
        reads += 1;
        await gate; // as long as a slow database would take
        return state;
      },
    },
    presence,
    log: createLogger("test"),
  });
  const writer = createCanvasWriter(sql, () => void room.look());
  let serial = 0;
  const write = async () => {
    serial += 1;
    const operation = Operation.parse({ type: "note.create", id: `op${serial}`, x: 0, y: 0 });
    await writer.apply(project, { operation, client: "a-client", by: ADA });
  };
  const sit = (since?: number) => {
    const told: Told[] = [];
    const member: Member = { actor: ADA, environment, tell: (one) => told.push(one), dismiss: () => undefined };
    const seated = room.take(member, since);
    const seqs = () => told.flatMap((one) => (one.kind === "effects" ? one.effects.map(({ seq }) => seq) : []));
    return { told, seated, seqs };
  };

  const early = sit();
  await early.seated;
  const opened = Promise.withResolvers<void>();
  gate = opened.promise;
  const late = sit();
  await waitFor(() => reads === 2);
  for (let i = 0; i < 3; i += 1) await write();
  await waitFor(() => early.seqs().length === 3);
  expect(late.told).toEqual([]);
  opened.resolve();
  await late.seated;
  await write();
  await waitFor(() => early.seqs().length === 4 && late.seqs().length > 0 && late.seqs().at(-1) === 4);
  expect(late.told[0]).toMatchObject({ kind: "state", state: { seq: 0 } });
  expect(late.seqs()).toEqual([1, 2, 3, 4]);

  await room.end();
  presence.close();
}, 20_000);
