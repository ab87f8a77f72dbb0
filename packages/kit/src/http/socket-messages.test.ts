import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startTestApp, type TestApp } from "../../test/app.ts";
import { BYTES, createChatApp, ROOM } from "../../test/chat-app.ts";
import { openSocket, type SocketDoor, socketDoor } from "../../test/socket-client.ts";
import { waitFor } from "../../test/wait-for.ts";
import { startApp } from "../app.ts";

const { app, seen, letGo } = createChatApp();
let world: TestApp;
let door: SocketDoor;
beforeAll(async () => {
  world = await startTestApp(app);
  door = await socketDoor(() => world.running.baseUrl.slice("unix:".length));
}, 60_000);
afterAll(async () => {
  letGo();
  await door?.close();
  await world?.stop();
});

const enter = (path = ROOM) => openSocket(door.port, path, { headers: world.home.headers("owner") });
const countOf = (name: string, labels: RegExp) => async () =>
  (await (await world.request("/metrics")).text())
    .split("\n")
    .filter((line) => line.startsWith(name) && labels.test(line))
    .map((line) => Number(line.split(" ").at(-1)))[0] ?? 0;

describe("messages of a client", () => {
  test("are answered in order, and what fails names its message", async () => {
    const socket = await enter();
    socket.send({ type: "say", text: "one" });
    socket.send({ type: "say", id: "m2", text: "taken" });
    socket.send({ type: "say", text: "three" });
    await socket.until(({ text }) => text === "three");
    expect(socket.messages.slice(1)).toEqual([
      { type: "said", text: "one", role: "owner" },
      { type: "error", code: "conflict", message: "It was said.", id: "m2" },
      { type: "said", text: "three", role: "owner" },
    ]);
    socket.close();
  });

  test("that run into a fault tell nothing of it, and the socket stays", async () => {
    const socket = await enter();
    socket.send({ type: "say", id: "m1", text: "bug" });
    expect(await socket.untilType("error")).toEqual({
      type: "error",
      code: "internal",
      message: "Internal error.",
      id: "m1",
    });
    socket.send({ type: "say", text: "after" });
    await socket.untilType("said");
    socket.close();
  });

  test("that cannot be read are refused by field; the third in a row closes, one that can be read starts anew", async () => {
    const socket = await enter();
    socket.send("{ broken");
    socket.send({ type: "say", id: "m2", text: 7 });
    socket.send({ type: "say", text: "fine" });
    socket.send({ type: "nonsense" });
    socket.send(new Uint8Array([1, 2, 3]));
    await waitFor(() => socket.messages.filter(({ type }) => type === "error").length === 4);
    expect(socket.messages.find(({ id }) => id === "m2").errors).toEqual([
      { path: "text", message: expect.any(String) },
    ]);
    socket.send({ type: "say", text: "x", __proto__: { admin: true }, extra: 1 });
    expect(await socket.closed).toEqual({ code: 4400, reason: "Three messages in a row could not be read." });
  });

  test("that are too large close the socket, whether we or the server see it first", async () => {
    for (const size of [64 * 1024 + 1, 2 * 1024 * 1024]) {
      const socket = await enter();
      socket.send("x".repeat(size));
      expect((await socket.closed).code).toBe(1009);
    }
  });

  test("that come faster than they may close the socket", async () => {
    const socket = await enter();
    for (let i = 0; i < 1_000; i += 1) socket.send({ type: "say", text: "x" });
    expect((await socket.closed).code).toBe(4429);
  });

  test("that wait in too many bytes close the socket, handled or not", async () => {
    const socket = await enter();
    socket.send({ type: "hold" });
    for (let i = 0; i < 20; i += 1) socket.send(`{"type":"say","text":"${"x".repeat(60_000)}"}`);
    expect((await socket.closed).code).toBe(4429);
  });
});

describe("a reader that is too slow", () => {
  test("loses what waited, is told so, and gets the state anew", async () => {
    const socket = await enter();
    await socket.untilType("state");
    door.stall();
    const before = seen.resynced;
    socket.send({ type: "fill", count: 2_000, size: 10_000 });
    door.open();
    await socket.untilType("resync");
    await waitFor(() => seen.resynced === before + 1);
    const at = socket.messages.findIndex(({ type }) => type === "resync");
    await waitFor(() => socket.messages.length > at + 1);
    expect(socket.messages[at + 1].type).toBe("state");
    const fillers = socket.messages.filter(({ type }) => type === "filler").map(({ number }) => number);
    expect(fillers).toEqual(fillers.map((_, index) => index)); // the first ones in order, and none after the gap
    expect(fillers.length).toBeLessThan(600);
    socket.close();
  });

  test("is let go where its protocol cannot have gaps", async () => {
    const socket = await enter(BYTES);
    door.stall();
    for (let i = 0; i < 90; i += 1) socket.send(new Uint8Array(60_000));
    await waitFor(async () => (await countOf("homeport_open_sockets", /bytes/)()) === 0, { timeoutMs: 4_500 });
    door.cut();
  });

  test("holds up who makes much and waits for it", async () => {
    const socket = await enter(`${BYTES}?make=400`);
    door.stall();
    const before = seen.binary;
    await waitFor(async () => {
      const count = seen.binary;
      await new Promise(setImmediate);
      return count > 0 && count === seen.binary;
    });
    expect(seen.binary - before).toBeLessThan(200); // what the kernel and the pipe of the test hold, and no more
    door.open();
    await waitFor(() => socket.messages.length === 400, { timeoutMs: 4_500 });
    socket.close();
  });
});

test("bytes go both ways", async () => {
  const socket = await enter(BYTES);
  socket.send(new Uint8Array([1, 2, 3]));
  expect(await socket.until((message) => message instanceof Uint8Array)).toEqual(new Uint8Array([3, 2, 1]));
  socket.send({ type: "text" });
  expect((await socket.untilType("error")).code).toBe("invalid");
  socket.close();
});

test("open sockets and their messages are counted", async () => {
  const open = countOf("homeport_open_sockets", /socket"/);
  await waitFor(async () => (await open()) === 0);
  const socket = await enter();
  expect(await open()).toBe(1);
  const before = await countOf("homeport_socket_messages_total", /direction="in".*/)();
  socket.send({ type: "say", text: "counted" });
  await socket.untilType("said");
  expect(await countOf("homeport_socket_messages_total", /direction="in"/)()).toBeGreaterThan(before);
  socket.close();
  await waitFor(async () => (await open()) === 0);
});

test("a thousand idle sockets cost some KiB each", async () => {
  Bun.gc(true);
  const before = process.memoryUsage().rss;
  const roles = ["owner", "admin", "auditor", "deployer", "developer", "viewer"] as const;
  const people = Array.from({ length: 32 }, (_, index) => {
    const organisation = world.organisation(`org${index}`);
    return roles.map((role) => organisation.headers(role));
  }).flat();
  const sockets: Awaited<ReturnType<typeof openSocket>>[] = [];
  for (let i = 0; i < 1_000; i += 50) {
    const some = Array.from({ length: 50 }, (_, index) => people[(i + index) % people.length]);
    sockets.push(...(await Promise.all(some.map((headers = {}) => openSocket(door.port, ROOM, { headers })))));
  }
  await waitFor(() => sockets.every(({ messages }) => messages.length === 1));
  Bun.gc(true);
  const eachKiB = (process.memoryUsage().rss - before) / 1024 / 1000;
  console.log(`1,000 idle sockets: ${eachKiB.toFixed(1)} KiB each, the test's client and pipe included`);
  for (const socket of sockets) socket.close();
  await waitFor(async () => (await countOf("homeport_open_sockets", /socket"/)()) === 0);
}, 30_000);

test("an app that stops sends its clients away, and they find the next one", async () => {
  const socket = await enter();
  await socket.untilType("state");
  const closedBefore = seen.closed.length;
  await world.running.stop();
  expect(await socket.closed).toEqual({ code: 1012, reason: "The app restarts: connect again." });
  expect(seen.closed.slice(closedBefore)).toEqual([1012]);
  world.running = await startApp(app, world.platform);
  const again = await enter();
  await again.untilType("state");
  again.close();
  await world.running.stop();
}, 20_000);
