import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { startTestApp, type TestApp } from "../../test/app.ts";
import { createChatApp, ROOM } from "../../test/chat-app.ts";
import { serverWith } from "../../test/notes-server.ts";
import { handshake, openSocket, type SocketDoor, socketDoor } from "../../test/socket-client.ts";
import { waitFor } from "../../test/wait-for.ts";
import { announceAccessChange } from "./access-changes.ts";
import { socketFaces } from "./socket-faces.ts";
import { createSocketTickets } from "./socket-tickets.ts";

const { app, seen } = createChatApp();
let world: TestApp;
let door: SocketDoor;
const unix = () => world.running.baseUrl.slice("unix:".length);
const ask = (path: string, headers: Record<string, string> = {}) => handshake({ path: unix() }, path, headers);
const statusOf = async (path: string, headers: Record<string, string> = {}) => (await ask(path, headers)).status;

beforeAll(async () => {
  world = await startTestApp(app);
  door = await socketDoor(unix);
}, 60_000);
afterAll(async () => {
  await door?.close();
  await world?.stop();
});

const ticketOf = async (headers: Record<string, string>, room = "one") => {
  const { status, body } = await world.json("POST", `/api/v1/chat/rooms/${room}/socket/tickets`, headers);
  expect(status).toBe(201);
  return body as { ticket: string; protocols: string[]; expiresAt: string };
};

describe("a socket opens for those who may, and answers others as a route does", () => {
  test("by role and place", async () => {
    const owner = world.home.headers("owner");
    expect(await statusOf(ROOM, owner)).toBe(101);
    expect(await statusOf(ROOM, world.home.headers("viewer"))).toBe(101);
    expect(await statusOf(ROOM)).toBe(401);
    expect(await statusOf(ROOM, { authorization: "Bearer hp_unknown" })).toBe(401);
    expect(await statusOf(ROOM, world.home.headers("owner", ["chat:write"]))).toBe(403);
    const refused = await Promise.all(
      ["missing", "foreign"].map(async (room) => {
        const { status, body } = await ask(`/api/v1/chat/rooms/${room}/socket`, owner);
        return [status, JSON.parse(body).detail];
      }),
    );
    expect(refused).toEqual([
      [404, "There is no such room."],
      [404, "There is no such room."],
    ]);
    expect(await statusOf("/api/v1/chat/rooms/one/nothing", owner)).toBe(404);
  });

  test("the address is asked about before it is checked, and then in full", async () => {
    const wrong = `${ROOM}?since=soon`;
    expect(await statusOf(wrong)).toBe(401);
    const { status, body } = await ask(wrong, world.home.headers("owner"));
    expect([status, JSON.parse(body).errors[0].path]).toEqual([400, "since"]);
  });

  test("without an upgrade the same are refused, and the others told what this is", async () => {
    const plain = async (headers: Record<string, string>) => (await world.json("GET", ROOM, headers)).status;
    expect(await plain({})).toBe(401);
    expect(await plain(world.home.headers("owner", ["chat:write"]))).toBe(403);
    const { status, headers } = await world.json("GET", ROOM, world.home.headers("viewer"));
    expect([status, headers.get("upgrade")]).toEqual([426, "websocket"]);
  });

  test("a page of another site is refused, whatever it has", async () => {
    const host = { "x-forwarded-host": "localhost:3000" };
    const from = (origin: string) => statusOf(ROOM, { ...world.home.headers("owner"), ...host, origin });
    expect(await from("http://localhost:3000")).toBe(101);
    expect(await from("http://evil.example")).toBe(403);
    expect(await from("http://web-shop.localhost:3000")).toBe(403);
    expect(await from("null")).toBe(403);
  });

  test("a part of the platform opens what is its own", async () => {
    const agent = await world.identity({ kind: "agent", nodeId: Bun.randomUUIDv7() });
    const socket = await openSocket(door.port, ROOM, { headers: agent });
    expect((await socket.untilType("state")).as).toBe("agent");
    socket.close();
    expect(await statusOf(ROOM, await world.asApp("ci"))).toBe(404);
  });

  test("what opening fails with is told, and closes with its status", async () => {
    const socket = await openSocket(door.port, `${ROOM}?since=99`, { headers: world.home.headers("owner") });
    expect(await socket.closed).toEqual({ code: 4503, reason: "This room is being built." });
    expect(socket.messages).toEqual([{ type: "error", code: "unavailable", message: "This room is being built." }]);
  });

  test("one more than a principal may have is refused until one of them is closed", async () => {
    const headers = world.home.headers("deployer");
    const path = "/api/v1/chat/rooms/one/bytes";
    const sockets = await Promise.all([1, 2, 3].map(() => openSocket(door.port, path, { headers })));
    expect(await statusOf(path, headers)).toBe(429);
    expect(await statusOf(path, world.home.headers("owner"))).toBe(101);
    for (const socket of sockets) socket.close();
    await waitFor(async () => (await statusOf(path, headers)) === 101);
  });
});

describe("a ticket", () => {
  const offer = (ticket: string) => ({ "sec-websocket-protocol": `homeport.v1, homeport.ticket.${ticket}` });

  test("opens its socket in place of a header, once", async () => {
    const { ticket, protocols } = await ticketOf(world.home.headers("developer"));
    const socket = await openSocket(door.port, ROOM, { protocols });
    expect([socket.protocol, (await socket.untilType("state")).as]).toEqual(["homeport.v1", "developer"]);
    socket.close();
    expect(await statusOf(ROOM, offer(ticket))).toBe(401);
  });

  test("is for one address only, and used up by trying another", async () => {
    const { ticket } = await ticketOf(world.home.headers("owner"), "two");
    expect(await statusOf(ROOM, offer(ticket))).toBe(401);
    expect(await statusOf("/api/v1/chat/rooms/two/socket", offer(ticket))).toBe(401);
  });

  test("lasts thirty seconds, and says nothing of the credential to who reads Valkey", async () => {
    const headers = world.home.headers("owner");
    const { ticket, expiresAt } = await ticketOf(headers);
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(30_000);
    const [key = ""] = await world.platform.valkey.keys("hp:socket-tickets:*");
    expect(await world.platform.valkey.pttl(key)).toBeWithin(1, 30_001);
    const kept = Buffer.from((await world.platform.valkey.get(key)) ?? "", "base64").toString("latin1");
    expect([kept.includes("hp_owner"), kept.includes("Bearer"), key.includes(ticket)]).toEqual([false, false, false]);
    await world.platform.valkey.pexpire(key, 0);
    expect(await statusOf(ROOM, offer(ticket))).toBe(401);
  });

  test("is good for nothing once its credential is", async () => {
    const headers = world.home.headers("admin");
    const { ticket } = await ticketOf(headers);
    await world.revoke(headers);
    await waitFor(async () => (await world.json("GET", ROOM, headers)).status === 401);
    expect(await statusOf(ROOM, offer(ticket))).toBe(401);
  });

  test("is only given to who may open the socket", async () => {
    const ask = async (room: string, headers: Record<string, string>) =>
      (await world.json("POST", `/api/v1/chat/rooms/${room}/socket/tickets`, headers)).status;
    expect(await ask("one", {})).toBe(401);
    expect(await ask("missing", world.home.headers("owner"))).toBe(404);
    expect(await ask("one", world.home.headers("owner", ["chat:write"]))).toBe(403);
  });

  test("that is nonsense is refused, also next to a credential that is good", async () => {
    for (const ticket of ["x", "a".repeat(43)]) {
      expect(await statusOf(ROOM, { ...world.home.headers("owner"), ...offer(ticket) })).toBe(401);
    }
  });
});

describe("an open socket", () => {
  test("ends when its credential is revoked, within five seconds of the event; others stay", async () => {
    const [leaving, staying] = [world.home.headers("auditor"), world.home.headers("viewer")];
    const [gone, stays] = [
      await openSocket(door.port, ROOM, { headers: leaving }),
      await openSocket(door.port, ROOM, { headers: staying }),
    ];
    const before = performance.now();
    await world.revoke(leaving);
    expect(await gone.closed).toEqual({ code: 4403, reason: "You may not be here any more." });
    expect(performance.now() - before).toBeLessThan(5_000);
    stays.send({ type: "say", text: "still here" });
    await stays.untilType("said");
    stays.close();
  });

  test("ends when what it is about is gone, with the very same words", async () => {
    const socket = await openSocket(door.port, "/api/v1/chat/rooms/three/socket", {
      headers: world.home.headers("owner"),
    });
    seen.gone.add("three");
    announceAccessChange();
    expect(await socket.closed).toEqual({ code: 4403, reason: "You may not be here any more." });
  });

  test("keeps to what its caller may now, message by message", async () => {
    const socket = await openSocket(door.port, ROOM, { headers: world.home.headers("viewer") });
    socket.send({ type: "rename", id: "r1" });
    expect(await socket.untilType("error")).toEqual({
      type: "error",
      code: "forbidden",
      message: "Your role does not allow chat:write here.",
      id: "r1",
    });
    socket.close();
  });

  test("goes on with a new credential of the same caller, and not with another's", async () => {
    const nodeId = Bun.randomUUIDv7();
    const identity = async (id: string) => (await world.identity({ kind: "agent", nodeId: id })).authorization ?? "";
    const socket = await openSocket(door.port, ROOM, { headers: { authorization: await identity(nodeId) } });
    const tokenOf = async (id: string) => (await identity(id)).slice("Bearer ".length);
    socket.send({ type: "renew", token: await tokenOf(nodeId) });
    await socket.untilType("renewed");
    socket.send({ type: "renew", token: await tokenOf(Bun.randomUUIDv7()) });
    expect((await socket.untilType("error")).code).toBe("forbidden");
    socket.close();
  });
});

test("a socket without a known action or resource does not start", () => {
  const row = (action: string, resource: string) => ({
    path: "/api/v1/notes/socket" as const,
    action,
    resource,
    summary: "A socket",
    input: z.object({}),
    incoming: z.never(),
    outgoing: z.never(),
    onOverflow: "close" as const,
    open: () => ({}),
  });
  const tickets = createSocketTickets(world.platform.valkey);
  const start = (action: string, resource: string) =>
    serverWith({ routes: socketFaces([row(action, resource)], tickets) });
  expect(() => start("", "organisation")).toThrow(/does not declare/);
  expect(() => start("note:read", "nothing")).toThrow(/nothing can load/);
  expect(() => start("note:read", "organisation")).not.toThrow();
});

test("the description of the API tells of the sockets", async () => {
  const { body } = await world.json("GET", "/api/v1/chat/openapi.json", {});
  const [described] = body["x-websockets"];
  expect(described).toMatchObject({
    path: "/api/v1/chat/rooms/{room}/socket",
    action: "chat:read",
    resource: "room",
    binary: false,
  });
  expect(JSON.stringify(described.client)).toContain("rename");
  expect(JSON.stringify(described.server)).toContain("resync");
});
