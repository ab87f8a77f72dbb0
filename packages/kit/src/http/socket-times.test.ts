import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { KEY, member } from "../../test/notes-server.ts";
import { openSocket } from "../../test/socket-client.ts";
import { type TestValkey, testValkey } from "../../test/valkey.ts";
import { waitFor } from "../../test/wait-for.ts";
import type { ActionRule } from "../authorize.ts";
import { DomainError } from "../errors.ts";
import { createLogger } from "../log.ts";
import { createMetrics } from "../metrics.ts";
import type { MemberPrincipal, Role } from "../principal.ts";
import { authenticate } from "./authenticate.ts";
import { socketRoute } from "./socket.ts";
import { createSocketServer, type SocketServer } from "./socket-server.ts";
import { createSocketTickets } from "./socket-tickets.ts";
import { SOCKET_TIMES, type SocketTimes } from "./socket-times.ts";

let valkey: TestValkey;
beforeAll(async () => {
  valkey = await testValkey();
});
afterAll(() => valkey?.close());

const running: { server: SocketServer; listener: Bun.Server<never> }[] = [];
afterEach(async () => {
  for (const { server, listener } of running.splice(0)) {
    await server.stop();
    await listener.stop(true);
  }
});

/** A server whose clocks run faster, and who its caller is at the moment. */
const serve = (times: Partial<SocketTimes>, rule: ActionRule = { roles: ["owner"] }) => {
  const state = { asked: 0, who: (): MemberPrincipal | null => member("owner", ["*"]) };
  const server = createSocketServer({
    appId: "notes",
    routes: [
      socketRoute({
        path: "/socket",
        action: "note:read",
        resource: "organisation",
        summary: "A socket",
        input: z.object({}),
        incoming: z.never(),
        outgoing: z.never(),
        onOverflow: "close",
        open: () => ({}),
      }),
    ],
    access: { policy: { "note:read": rule }, loaders: {} },
    authenticate: (headers) =>
      authenticate(headers, KEY, async () => {
        state.asked += 1;
        return state.who();
      }),
    tickets: createSocketTickets(valkey.redis),
    metrics: createMetrics(),
    times: { ...SOCKET_TIMES, tickMs: 5, ...times },
    log: createLogger("test"),
  });
  const listener = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, bun) => server.upgrade(request, bun as never) ?? new Response(null, { status: 404 }),
    websocket: server.websocket as never,
  });
  running.push({ server, listener: listener as never });
  const open = () => openSocket(listener.port ?? 0, "/socket", { headers: { authorization: "Bearer hp_x" } });
  return { state, open };
};

describe("a caller is asked about again after a while, though nobody said that anything changed:", () => {
  test("who still may stays, and who may not any more is sent away", async () => {
    const { state, open } = serve({ checkMs: 20, retryMs: 5 });
    const socket = await open();
    await waitFor(() => state.asked > 5);
    state.who = () => member("viewer", ["*"]);
    expect((await socket.closed).code).toBe(4403);
  });

  test("who cannot be asked about stays for a while, and then has to connect again", async () => {
    const { state, open } = serve({ checkMs: 20, retryMs: 5, checkWithinMs: 200 });
    const socket = await open();
    const before = performance.now();
    state.who = () => {
      throw new DomainError("unavailable", "The auth app restarts.");
    };
    expect((await socket.closed).code).toBe(1012);
    expect(performance.now() - before).toBeGreaterThan(150);
  });

  test("who confirmed that it is them need not do so again while it is open, but has to keep the right", async () => {
    const { state, open } = serve({ checkMs: 20, retryMs: 5 }, { roles: ["owner"], dangerous: true });
    const person = (role: Role, verifiedAt: number) => Object.assign(member(role), { verifiedAt });
    state.who = () => person("owner", Date.now());
    const socket = await open();
    state.who = () => person("owner", 0);
    const asked = state.asked;
    await waitFor(() => state.asked > asked + 5);
    state.who = () => person("viewer", 0);
    expect((await socket.closed).code).toBe(4403);
  });

  test("and the times are such that this is within a minute", () => {
    const { tickMs, checkMs, checkWithinMs } = SOCKET_TIMES;
    expect(checkMs + tickMs).toBeLessThan(60_000);
    expect(checkWithinMs).toBeLessThanOrEqual(60_000);
  });
});

test("a client that gives no sign of life is cut off, one that answers pings is not", async () => {
  const silent = serve({ pingMs: 60_000, silenceMs: 100 });
  expect((await (await silent.open()).closed).code).toBe(1006);
  const lively = serve({ pingMs: 10, silenceMs: 400 });
  const socket = await lively.open();
  const before = performance.now();
  await waitFor(() => performance.now() - before > 800);
  let isClosed = false;
  void socket.closed.then(() => {
    isClosed = true;
  });
  await new Promise(setImmediate);
  expect(isClosed).toBe(false);
  socket.close();
});
