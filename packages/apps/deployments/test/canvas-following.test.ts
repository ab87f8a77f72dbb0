import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startApp } from "@homeport/kit/app.ts";
import { jsonb } from "@homeport/kit/db/connect.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { canvasApp } from "./canvas-app.ts";
import { startCanvasInstance } from "./canvas-instance.ts";
import { type CanvasWorld, startCanvasWorld, type TestProject } from "./canvas-world.ts";

let world: CanvasWorld;
beforeAll(async () => {
  world = await startCanvasWorld();
}, 60_000);
afterAll(() => world?.stop());

const note = (text: string) => ({ type: "note.create", x: 0, y: 0, text });
const notesOf = async (project: TestProject): Promise<string[]> =>
  (await world.canvas(project)).body.notes.map(({ text }: { text: string }) => text);

describe("somebody who was away", () => {
  test("gets exactly what they missed, and follows from there", async () => {
    const project = await world.newProject();
    const [ada, bob] = [await world.open(project), await world.open(project, { role: "developer" })];
    await ada.operate(note("seen"));
    await waitFor(() => bob.seq() === 1);
    bob.close();
    for (const text of ["missed", "missed too"]) await ada.operate(note(text));
    const back = await world.open(project, { role: "developer", client: bob.client, since: bob.seq() });
    await back.until(({ type }) => type === "draft");
    await ada.operate(note("after"));
    await waitFor(() => back.effects().length === 3);
    expect(back.effects().map(({ seq }) => seq)).toEqual([2, 3, 4]);
    expect(back.messages.some(({ type }) => type === "state")).toBe(false);
    expect(
      back.messages.filter(({ type }) => ["graph", "service-status", "presence"].includes(type)).length,
    ).toBeGreaterThan(2);
    ada.close();
    back.close();
  });

  test("gets everything when what they missed is no longer kept, or was never here", async () => {
    const project = await world.newProject([]);
    const ada = await world.open(project);
    for (const text of ["one", "two", "three"]) await ada.operate(note(text));
    await world.database.admin`delete from deployments.canvas_log where project_id = ${project.id} and seq < 3`;
    for (const [since, isReplayed] of [
      [0, false],
      [1, false],
      [2, true],
      [3, true],
      [99, false],
    ] as const) {
      const back = await world.open(project, { since });
      await back.until(({ type }) => type === (isReplayed ? "draft" : "state"));
      expect([since, back.effects().length]).toEqual([since, isReplayed ? 3 - since : 0]);
      if (!isReplayed) expect(back.messages.find(({ type }) => type === "state").notes).toHaveLength(3);
      back.close();
    }
    ada.close();
  });

  test("while others write without a pause misses nothing, and gets nothing twice or in another order", async () => {
    const project = await world.newProject(["api"]);
    const ada = await world.open(project);
    let isOver = false;
    const writing = (async () => {
      for (let i = 0; !isOver; i += 1) {
        await ada.operate({ type: "node.move", positions: [{ id: project.services.api ?? "", x: i, y: i }] });
      }
    })();
    for (let round = 0; round < 8; round += 1) {
      const bob = await world.open(project, { role: "developer", ...(round % 2 === 0 ? {} : { since: 0 }) });
      await waitFor(() => bob.effects().length > 5);
      const start = bob.messages.find(({ type }) => type === "state")?.seq ?? 0;
      const seqs = bob.effects().map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.map((_, index) => start + index + 1));
      bob.close();
    }
    isOver = true;
    await writing;
    ada.close();
  }, 20_000);

  test("because the app restarted finds everything that was acknowledged", async () => {
    const own = await startCanvasWorld();
    const project = await own.newProject([]);
    const ada = await own.open(project);
    await ada.operate(note("before"));
    await own.running.stop();
    expect((await ada.closed).code).toBe(1012);
    own.running = await startApp(canvasApp, own.platform);
    const back = await own.open(project, { client: ada.client, since: 0 });
    await waitFor(() => back.effects().length === 1);
    expect(await back.operate({ ...note("after"), id: "after" })).toMatchObject({ type: "ack", seq: 2 });
    back.close();
    await own.running.stop();
    await own.stop();
  }, 20_000);

  test("a reader that fell behind gets the state anew", async () => {
    const project = await world.newProject(["api"]);
    const [ada, bob] = [await world.open(project), await world.open(project, { role: "developer" })];
    await bob.untilType("state");
    world.door.stall();
    const text = "x".repeat(4_000);
    // Written by another way in, since the door is shut for both.
    for (let i = 0; i < 10; i += 1) {
      const operations = Array.from({ length: 100 }, (_, j) => ({
        type: "node.move",
        id: `${i}-${j}`,
        positions: Array.from({ length: 100 }, () => ({ id: project.services.api ?? "", x: j, y: i })),
      }));
      expect((await world.operate(project, operations)).status).toBe(200);
    }
    await world.operate(project, [{ ...note(text), id: "last" }]);
    world.door.open();
    await bob.untilType("resync");
    const at = bob.messages.findIndex(({ type }) => type === "resync");
    await waitFor(() => bob.messages.slice(at).some(({ type, notes }) => type === "state" && notes.length === 1));
    ada.close();
    bob.close();
  }, 20_000);
});

describe("what others do in the project", () => {
  test("is on the canvas: services come and go, variables draw edges, deployments and drafts are told", async () => {
    const project = await world.newProject(["api"]);
    const { admin } = world.database;
    const ada = await world.open(project);
    expect(await ada.untilType("state")).toMatchObject({
      services: [{ slug: "api", place: null }],
      edges: [],
      statuses: [{ service: project.services.api, environment: project.environmentId, deployment: null, live: false }],
      draft: { version: 0, staged: 0 },
    });
    const web = await world.newService(project, "web");
    const group = await world.newGroup(project, "backend");
    await admin`update deployments.services set group_id = ${group} where id = ${web}`;
    await world.emit(project, "deployments.service.created");
    const graph = await ada.until(({ type, services }) => type === "graph" && services.length === 2);
    expect([graph.services[1].group, graph.groups]).toEqual([group, [{ id: group, slug: "backend", place: null }]]);

    const refs = [{ kind: "service", id: project.services.api, name: "URL" }];
    await admin`
      insert into deployments.variables
        (organisation_id, project_id, scope, scope_id, service_id, name, value_sealed, refs)
      values (${world.home.id}, ${project.id}, 'service', ${web}, ${web}, 'API', '', ${jsonb(admin, refs)})`;
    await world.emit(project, "deployments.variables.changed");
    const drawn = await ada.until(({ type, edges }) => type === "graph" && edges.length === 1);
    expect(drawn.edges).toEqual([{ from: web, to: project.services.api, variables: ["API"] }]);

    await admin`update deployments.projects set draft_version = 3 where id = ${project.id}`;
    await world.emit(project, "deployments.changes.staged");
    await ada.until(({ type, version, staged }) => type === "draft" && version === 3 && staged === 0);

    const deployment = Bun.randomUUIDv7();
    await admin`
      insert into deployments.deployments
        (id, organisation_id, project_id, service_id, workload_id, cause, state, created_by)
      select ${deployment}, organisation_id, ${project.id}, service_id, id, '{}', 'queued', '{}'
      from deployments.workloads where service_id = ${web}`;
    await world.emit(project, "deployments.deployment.queued", { serviceId: web });
    expect((await ada.untilType("service-status")).statuses).toEqual([
      {
        service: web,
        environment: project.environmentId,
        deployment: { id: deployment, state: "queued" },
        live: false,
      },
    ]);

    await ada.operate({
      type: "node.move",
      positions: [
        { id: web, x: 1, y: 1 },
        { id: group, x: 2, y: 2 },
      ],
    });
    expect((await world.canvas(project)).body).toMatchObject({ groups: [{ place: { x: 2 } }] });
    await admin`delete from deployments.deployments where id = ${deployment}`;
    await admin`delete from deployments.services where id = ${web}`;
    await world.emit(project, "deployments.service.removed");
    ada.forget();
    await ada.until(({ type, services }) => type === "graph" && services.length === 1);
    const [left] = await admin`select count(*)::int as count from deployments.canvas_nodes where id = ${web}`;
    expect(left?.count).toBe(0);

    await world.emit(project, "deployments.project.removed");
    expect((await ada.closed).code).toBe(1012);
  });

  test("an environment that is not there is refused, and one that is has its own statuses", async () => {
    const project = await world.newProject(["api"]);
    const staging = Bun.randomUUIDv7();
    await world.database.admin`
      insert into deployments.environments (id, organisation_id, project_id, slug)
      values (${staging}, ${world.home.id}, ${project.id}, 'staging')`;
    const there = await world.open(project, { environment: "staging" });
    expect(await there.untilType("state")).toMatchObject({ environment: staging, statuses: [] });
    there.close();
    const nowhere = await world.open(project, { environment: "nowhere" });
    expect((await nowhere.closed).code).toBe(4404);
  });
});

describe("two instances of the app", () => {
  test("share people, cursors and effects, and one that is killed loses nothing that it acknowledged", async () => {
    const project = await world.newProject(["api"]);
    const other = await startCanvasInstance(world);
    const ada = await world.open(project);
    const you = (await ada.untilType("state")).you;
    const bob = await world.open(project, { role: "developer", door: other.door });
    await bob.until(({ people, joined }) => [...(people ?? []), ...(joined ?? [])].some(({ id }) => id === you));
    await ada.until(({ joined }) => joined?.some(({ name }: { name: string }) => name === "developer"));
    ada.send({ type: "cursor", x: 3, y: 4 });
    await bob.until(({ cursors }) => cursors?.some(({ id }: { id: string }) => id === you));
    ada.send({ type: "selection", nodes: [project.services.api ?? ""] });
    await bob.until(({ selections }) => selections?.some(({ id }: { id: string }) => id === you));
    await ada.operate(note("from here"));
    await bob.until(({ type, ops }) => type === "ops" && ops.length > 0);

    const acknowledged: string[] = [];
    const sent: string[] = [];
    const writing = (async () => {
      for (let i = 0; i < 60; i += 1) {
        const text = `note ${i}`;
        sent.push(text);
        const answer = await bob.operate({ ...note(text), id: text }).catch(() => null);
        if (answer?.type !== "ack") return;
        acknowledged.push(text);
      }
    })();
    await waitFor(() => acknowledged.length >= 10);
    await other.kill();
    await writing;
    const kept = await notesOf(project);
    expect(acknowledged.filter((text) => !kept.includes(text))).toEqual([]);
    // What was not acknowledged is sent again under its name: it is there once, whether it had been done or not.
    const back = await world.open(project, { role: "developer", client: bob.client, since: bob.seq() });
    for (const text of sent) await back.operate({ ...note(text), id: text });
    expect((await notesOf(project)).sort()).toEqual(["from here", ...sent].sort());
    await waitFor(() => ada.seq() === sent.length + 1);
    expect(ada.effects().map(({ seq }) => seq)).toEqual(Array.from({ length: sent.length + 1 }, (_, i) => i + 1));
    ada.close();
    back.close();
  }, 30_000);

  test("find each other's people again after Valkey was wiped", async () => {
    const project = await world.newProject([]);
    const other = await startCanvasInstance(world);
    const ada = await world.open(project);
    const bob = await world.open(project, { role: "developer", door: other.door });
    const names = async (): Promise<string[]> =>
      (await world.canvas(project)).body.people.map(({ name }: { name: string }) => name);
    await waitFor(async () => (await names()).length === 2);
    await world.platform.valkey.flushall();
    await waitFor(async () => (await world.platform.valkey.hlen(`hp:canvas:${project.id}`)) === 2, {
      timeoutMs: 25_000,
      message: "both have said again who is with them",
    });
    expect(await names()).toEqual(["developer", "owner"]);
    ada.close();
    bob.close();
    await other.kill();
  }, 40_000);
});
