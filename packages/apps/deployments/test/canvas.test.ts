import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { type CanvasWorld, startCanvasWorld } from "./canvas-world.ts";

let world: CanvasWorld;
beforeAll(async () => {
  world = await startCanvasWorld();
}, 60_000);
afterAll(() => world?.stop());

describe("two people on a canvas", () => {
  test("see each other's moves, sizes and notes, in one order, and who made them", async () => {
    const project = await world.newProject();
    const { api = "", web = "" } = project.services;
    const [ada, bob] = [await world.open(project), await world.open(project, { role: "developer" })];
    await bob.untilType("state");
    expect(await ada.operate({ type: "node.move", positions: [{ id: api, x: 10.5, y: -20 }] })).toMatchObject({
      type: "ack",
      seq: 1,
    });
    expect(await ada.operate({ type: "node.resize", node: api, width: 300, height: 200 })).toMatchObject({ seq: 2 });
    const made = await bob.operate({ type: "note.create", x: 1, y: 2, text: "Careful", color: "pink" });
    expect(made).toMatchObject({ type: "ack", seq: 3, note: expect.any(String) });
    await bob.operate({
      type: "node.move",
      positions: [
        { id: web, x: 0, y: 0, z: 3 },
        { id: api, x: 1, y: 1 },
      ],
    });
    for (const hand of [ada, bob]) {
      await waitFor(() => hand.effects().length === 4);
      expect(hand.effects().map(({ seq, effect }) => [seq, effect.type])).toEqual([
        [1, "node.moved"],
        [2, "node.resized"],
        [3, "note.created"],
        [4, "node.moved"],
      ]);
    }
    expect(ada.effects()[2]).toMatchObject({ client: bob.client, by: { name: "developer" } });
    const { body } = await world.canvas(project, "viewer");
    expect(body.seq).toBe(4);
    expect(body.services).toEqual([
      { id: api, slug: "api", group: null, place: { x: 1, y: 1, width: 300, height: 200, z: 0 } },
      { id: web, slug: "web", group: null, place: { x: 0, y: 0, width: null, height: null, z: 3 } },
    ]);
    expect(body.notes).toMatchObject([{ id: made.note, text: "Careful", color: "pink", version: 1 }]);
    ada.close();
    bob.close();
  });

  test("see each other's cursors, drags and selections, which nobody writes down", async () => {
    const project = await world.newProject();
    const { api = "" } = project.services;
    const [ada, bob] = [await world.open(project), await world.open(project, { role: "developer" })];
    const you = (await ada.untilType("state")).you;
    await bob.untilType("state");
    ada.send({ type: "selection", nodes: [api] });
    await bob.until(({ selections }) => selections?.some((one: { id: string }) => one.id === you));
    ada.send({ type: "cursor", x: 7, y: 8 });
    expect((await bob.until(({ cursors }) => cursors?.length > 0)).cursors).toEqual([{ id: you, x: 7, y: 8 }]);
    ada.send({ type: "drag", positions: [{ id: api, x: 5, y: 6 }] });
    expect((await bob.until(({ drags }) => drags?.length > 0)).drags).toEqual([
      { id: you, positions: [{ id: api, x: 5, y: 6 }] },
    ]);
    expect((await world.canvas(project)).body).toMatchObject({
      seq: 0,
      people: [{ name: "developer" }, { name: "owner", selection: [api] }],
    });
    ada.close();
    bob.close();
  });

  test("are told of a flood of cursors some thirty times a second, and of the last one", async () => {
    const project = await world.newProject([]);
    const [ada, bob] = [await world.open(project), await world.open(project, { role: "developer" })];
    await bob.untilType("state");
    const began = performance.now();
    for (let i = 0; i < 150; i += 1) {
      ada.send({ type: "cursor", x: i, y: 0 });
      if (i % 10 === 0) await new Promise(setImmediate);
    }
    await bob.until(({ cursors }) => cursors?.[0]?.x === 149);
    const told = bob.messages.filter(({ cursors }) => cursors?.length > 0).length;
    expect(told).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 33) + 1);
    ada.close();
    bob.close();
  });

  test("are one each, whatever the number of their tabs, and leave with the last of these", async () => {
    const project = await world.newProject([]);
    const bob = await world.open(project, { role: "developer" });
    await bob.untilType("state");
    const [first, second] = [await world.open(project), await world.open(project)];
    const joined = await bob.until(({ joined }) => joined?.some(({ name }: { name: string }) => name === "owner"));
    const { id, color } = joined.joined.find(({ name }: { name: string }) => name === "owner");
    expect((await world.canvas(project)).body.people.map(({ name }: { name: string }) => name)).toEqual([
      "developer",
      "owner",
    ]);
    first.close();
    await second.operate({ type: "note.create", x: 0, y: 0 });
    expect(bob.messages.some(({ left }) => left?.includes(id))).toBe(false);
    second.close();
    await bob.until(({ left }) => left?.includes(id));
    bob.forget();
    const again = await world.open(project);
    const { joined: back } = await bob.until(({ joined }) => joined?.length > 0);
    expect(back).toMatchObject([{ id, color }]);
    again.close();
    bob.close();
  });
});

describe("notes that two write at once", () => {
  test("are refused to the second, who gets both versions, over the socket and over HTTP", async () => {
    const project = await world.newProject([]);
    const [ada, bob] = [await world.open(project), await world.open(project, { role: "developer" })];
    const { note } = await ada.operate({ type: "note.create", x: 0, y: 0, text: "one" });
    const answers = await Promise.all([
      ada.operate({ type: "note.update", note, version: 1, text: "Ada's" }),
      bob.operate({ type: "note.update", note, version: 1, text: "Bob's", color: "blue" }),
    ]);
    expect(answers.map(({ type }) => type).sort()).toEqual(["ack", "error"]);
    const [won, lost] = answers[0].type === "ack" ? ["Ada's", "Bob's"] : ["Bob's", "Ada's"];
    expect(answers.find(({ type }) => type === "error")).toMatchObject({
      code: "conflict",
      conflict: { mine: { text: lost, version: 1 }, theirs: { id: note, text: won, version: 2 } },
    });
    const { status, body } = await world.operate(project, [
      { type: "note.update", id: "h1", note, version: 1, text: "late" },
    ]);
    expect([status, body.code]).toEqual([409, "conflict"]);
    expect(body.details).toMatchObject({ mine: { text: "late", version: 1 }, theirs: { text: won, version: 2 } });
    ada.close();
    bob.close();
  });

  test("and one that was removed tells so, and keeps what was written", async () => {
    const project = await world.newProject([]);
    const ada = await world.open(project);
    const { note } = await ada.operate({ type: "note.create", x: 0, y: 0 });
    expect(await ada.operate({ type: "note.remove", note, version: 2 })).toMatchObject({ code: "conflict" });
    await ada.operate({ type: "note.remove", note, version: 1 });
    expect(await ada.operate({ type: "note.update", note, version: 1, text: "kept" })).toMatchObject({
      type: "error",
      message: "This note was removed.",
      conflict: { mine: { text: "kept", version: 1 }, theirs: null },
    });
    ada.close();
  });
});

describe("an operation", () => {
  test("that is sent again is acknowledged again and done once, also after a reconnect and over HTTP", async () => {
    const project = await world.newProject([]);
    const operation = { type: "note.create", id: "once", x: 0, y: 0, text: "one of these" };
    const ada = await world.open(project);
    const first = await ada.operate(operation);
    const second = await ada.operate(operation);
    ada.close();
    const again = await world.open(project, { client: ada.client });
    const third = await again.operate(operation);
    const { body } = await world.operate(project, [operation], "owner", ada.client);
    expect([second, third, { type: "ack", ...body.outcomes[0], refused: undefined }]).toEqual([
      first,
      first,
      { ...first, refused: undefined },
    ] as never);
    expect((await world.canvas(project)).body.notes).toHaveLength(1);
    const other = await world.open(project);
    expect((await other.operate(operation)).seq).toBe(2); // somebody else's of the same name is another
    again.close();
    other.close();
  });

  test("on what is not there is refused, and what is left of it is done", async () => {
    const project = await world.newProject(["api"]);
    const elsewhere = await world.newProject(["api"]);
    const { api = "" } = project.services;
    const foreign = elsewhere.services.api ?? "";
    const ada = await world.open(project);
    const move = (...ids: string[]) =>
      ada.operate({ type: "node.move", positions: ids.map((id) => ({ id, x: 1, y: 1 })) });
    expect(await move(foreign, Bun.randomUUIDv7())).toMatchObject({ type: "error", code: "not_found" });
    expect(await move(foreign, api)).toMatchObject({ type: "ack", seq: 1 });
    await waitFor(() => ada.effects().length === 1);
    expect(ada.effects()[0]?.effect).toEqual({ type: "node.moved", positions: [{ id: api, x: 1, y: 1 }] });
    const resize = (node: string) => ada.operate({ type: "node.resize", node, width: 100, height: 100 });
    expect(await resize(foreign)).toMatchObject({ code: "not_found" });
    await world.newService(project, "web");
    expect(await resize(project.services.web ?? "")).toMatchObject({ code: "unprocessable" });
    ada.close();
  });

  test("that has no bounds is refused by field", async () => {
    const project = await world.newProject([]);
    const ada = await world.open(project);
    await ada.untilType("state");
    for (const bad of [
      { type: "note.create", id: "a", x: 2_000_000, y: 0 },
      { type: "note.create", id: "a", x: 0, y: 0, text: "ä".repeat(2_049) },
      { type: "node.move", id: "a", positions: [] },
    ]) {
      ada.forget();
      ada.send(bad);
      expect((await ada.untilType("error")).code).toBe("invalid");
      await ada.operate({ type: "note.create", x: 0, y: 0 });
    }
    ada.close();
  });

  test("of many at once is written in few transactions, and every last place holds", async () => {
    const project = await world.newProject(["api", "web"]);
    const { api = "", web = "" } = project.services;
    const moves = Array.from({ length: 100 }, (_, i) => ({
      type: "node.move",
      id: `m${i}`,
      positions: [{ id: i % 2 === 0 ? api : web, x: i, y: i }],
    }));
    const [{ body }] = await Promise.all([
      world.operate(project, moves),
      world.operate(project, moves.toReversed(), "developer"),
    ]);
    expect(body.outcomes.every(({ seq }: { seq: number | null }) => seq !== null)).toBe(true);
    const state = (await world.canvas(project)).body;
    expect(state.seq).toBe(200);
    const [written] = await world.database.admin<{ transactions: number }[]>`
      select count(distinct xmin::text)::int as transactions
      from deployments.canvas_log where project_id = ${project.id}`;
    expect(written?.transactions).toBeLessThan(20);
    const [last] = await world.database.admin<{ effect: { positions: { id: string; x: number }[] } }[]>`
      select effect from deployments.canvas_log
      where project_id = ${project.id} and effect -> 'positions' -> 0 ->> 'id' = ${api}
      order by seq desc limit 1`;
    expect(state.services[0].place.x).toBe(last?.effect.positions[0]?.x);
  });

  test("beyond a hundred notes is refused", async () => {
    const project = await world.newProject([]);
    const notes = Array.from({ length: 100 }, (_, i) => ({ type: "note.create", id: `n${i}`, x: 0, y: 0 }));
    await world.operate(project, notes);
    const { status, body } = await world.operate(project, [{ type: "note.create", id: "n100", x: 0, y: 0 }]);
    expect([status, body.detail]).toEqual([422, "A canvas has at most 100 notes."]);
  });
});

describe("who may", () => {
  test("look sees everything and points, and changes nothing", async () => {
    const project = await world.newProject(["api"]);
    const vic = await world.open(project, { role: "viewer" });
    await vic.untilType("state");
    expect(await vic.operate({ type: "note.create", x: 0, y: 0 })).toMatchObject({ type: "error", code: "forbidden" });
    vic.send({ type: "drag", positions: [{ id: project.services.api ?? "", x: 0, y: 0 }] });
    vic.send({ type: "cursor", x: 1, y: 1 });
    await vic.until(({ cursors }) => cursors?.length === 1);
    expect(vic.messages.filter(({ code }) => code === "forbidden")).toHaveLength(2);
    expect((await world.operate(project, [{ type: "note.create", id: "a", x: 0, y: 0 }], "viewer")).status).toBe(403);
    vic.close();
  });

  test("do so, and it is in the audit log: notes each, moves once in a while", async () => {
    const project = await world.newProject(["api"]);
    const { api = "" } = project.services;
    const move = (id: string) => ({ type: "node.move", id, positions: [{ id: api, x: 1, y: 1 }] });
    await world.operate(
      project,
      [move("1"), { type: "note.create", id: "2", x: 0, y: 0, text: "hello" }, move("3")],
      "developer",
    );
    const ada = await world.open(project);
    await ada.operate({ ...move("1") });
    await ada.operate({ ...move("2") });
    ada.close();
    const entries = await world.database.admin<{ content: string }[]>`
      select content from platform.audit_entries where content like ${`%${project.id}%`} order by id`;
    const told = entries.map(({ content }) => JSON.parse(content));
    expect(told.map(({ actor, subject }) => `${actor.name} ${subject.kind}`).sort()).toEqual([
      "developer canvas",
      "developer note",
      "owner canvas",
    ]);
    const requests = Map.groupBy(told, ({ requestId }) => requestId);
    expect([...requests.values()].map((of) => of.length).sort()).toEqual([1, 2]); // each by the request that did it
  });
});
