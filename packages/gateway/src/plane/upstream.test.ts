import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../test/until.ts";
import type { Address } from "../target.ts";
import type { Exchange } from "./exchange.ts";
import type { PlaneContext } from "./plane-context.ts";
import { Upstream } from "./upstream.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";

const MAX_CONNECTIONS = 2_048;
const TCP: Address = { kind: "tcp", host: "127.0.0.1", port: 1 };

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeport-upstream-"));
});
afterAll(() => rm(dir, { recursive: true }));

/** What an exchange is to the pool: it is told what becomes of its wish. */
class Wish {
  /** What all of them heard, in order. */
  static heard: Wish["state"][] = [];
  state: "in line" | "waits" | "connected" | "failed" | "closed" = "in line";
  connection: UpstreamConnection | null = null;
  readonly dispatch = {
    waitsFor: (connection: UpstreamConnection) => this.become("waits", connection),
    connected: (connection: UpstreamConnection) => this.become("connected", connection),
    connectFailed: () => this.become("failed", null),
    closed: () => this.become("closed", null),
  };

  private become(state: Wish["state"], connection: UpstreamConnection | null): void {
    this.state = state;
    Wish.heard.push(state);
    this.connection = connection;
  }
}

function newUpstream(address: Address): Upstream {
  const context = { time: 0, now: () => 0 } as PlaneContext;
  return new Upstream({ key: "key", instance: "one", address, weight: 100 }, context, 0);
}

function acquire(upstream: Upstream, count: number): Wish[] {
  const wishes = Array.from({ length: count }, () => new Wish());
  for (const wish of wishes) expect(upstream.acquire(wish as unknown as Exchange, true, 0)).toBe(true);
  return wishes;
}

const statesOf = (wishes: readonly Wish[]) => [...new Set(wishes.map(({ state }) => state))];

test("thousands in line for an app whose unix socket goes away all hear of it, and its places are free again", async () => {
  const unix = join(dir, "app.sock");
  const sockets = new Set<Bun.Socket>();
  const server = Bun.listen({
    unix,
    socket: { open: (socket) => void sockets.add(socket), data: () => undefined },
  });
  const upstream = newUpstream({ kind: "unix", path: unix });
  const busy: Wish[] = [];
  while (busy.length < MAX_CONNECTIONS) {
    busy.push(...acquire(upstream, 64));
    await until("they stand", () => busy.every(({ state }) => state === "connected"));
  }
  const waiting = acquire(upstream, 4_000);
  expect(statesOf(waiting)).toEqual(["in line"]);
  server.stop(false);
  await rm(unix, { force: true });
  Wish.heard = [];
  for (const socket of sockets) socket.terminate();
  await until("everybody heard of it", () => waiting.every(({ state }) => state === "failed"));
  expect(statesOf(busy)).toEqual(["closed"]);
  const inLine = Wish.heard.filter((state) => state !== "closed");
  expect(inLine.slice(0, 4)).toEqual(["waits", "failed", "waits", "failed"]); // one after the other, not one within the other
  await until("none is in line", () => statesOf(acquire(upstream, 1))[0] !== "in line");
});

test("a connection that closes before it stands tells who waits for it", () => {
  const [wish] = acquire(newUpstream(TCP), 1);
  wish?.connection?.closed(null);
  expect(wish?.state).toBe("failed");
});

test("connections that are given up while they are made keep their places until the kernel is done with them", async () => {
  const upstream = newUpstream(TCP);
  const wishes = acquire(upstream, MAX_CONNECTIONS);
  for (const { connection } of wishes) connection?.close();
  const [late] = acquire(upstream, 1);
  expect(late?.state).toBe("in line");
  await until("its turn comes, and it hears that nobody listens there", () => late?.state === "failed");
  expect(statesOf(wishes)).toEqual(["waits"]); // who gave up hears nothing
});
