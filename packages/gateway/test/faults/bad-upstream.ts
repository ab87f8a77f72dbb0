import type net from "node:net";
import type { RoutePolicy } from "@homeport/kit/registry/policy.ts";
import { answersOf } from "../conformance/answers.ts";
import type { RawClient } from "../raw-client.ts";
import { type Connection, RawUpstream } from "../raw-upstream.ts";
import { until } from "../until.ts";
import type { FaultBed } from "./fault-bed.ts";

export const BAD_HOST = "bad.localhost";
/** So many clients ask it at once. */
const CLIENTS = 40;
/** What a limit may be late by: it is looked at four times per shortest limit, on a machine that does other things too. */
const LATE_MS = 2_500;
const BLOCK_BYTES = 16 * 1024;

/** The service that misbehaves beside the healthy one, and those that ask it. */
export class BadService {
  constructor(
    private readonly bed: FaultBed,
    private readonly policy: RoutePolicy,
  ) {}

  /** Answers each connection's request as the test says. */
  async serveThat(onRequest: (socket: net.Socket, connection: Connection) => void): Promise<RawUpstream> {
    const upstream = await RawUpstream.start((connection) => {
      if (connection.received.endsWith("\r\n\r\n")) onRequest(connection.socket, connection);
    });
    this.bed.fixture.defer(() => upstream.stop());
    await this.serve(upstream.port);
    return upstream;
  }

  serve(port: number): Promise<void> {
    return this.bed.serve(BAD_HOST, port, this.policy);
  }

  async askMany(path = "/", count = CLIENTS): Promise<RawClient[]> {
    const clients = await this.bed.connect(count);
    for (const client of clients) client.send(`GET ${path} HTTP/1.1\r\nHost: ${BAD_HOST}\r\nConnection: close\r\n\r\n`);
    return clients;
  }

  /** Different outcomes of these requests, once all connections have ended; within the limit and what it may be late by. */
  async outcomesWithin(limitMs: number, clients: readonly RawClient[]): Promise<(number | string)[]> {
    await until("all connections end", () => clients.every((client) => client.isClosed), limitMs + LATE_MS);
    return [...new Set(clients.map(outcomeOf))];
  }
}

/** The status of a whole answer, or how the connection ended without one. */
function outcomeOf(client: RawClient): number | string {
  return answersOf(client, ["GET"])[0]?.status ?? client.end ?? "no end";
}

/** Sends the same bytes again and again, as fast as they are taken, until the connection is gone. */
export function flood(socket: net.Socket, drop: string): void {
  const block = Buffer.from(drop.repeat(Math.ceil(BLOCK_BYTES / drop.length)), "latin1");
  const push = () => {
    while (!socket.destroyed && socket.write(block)) {}
  };
  socket.on("drain", push);
  push();
}

/** Sends one byte after the other, over and over, until the connection is gone. The pace is what is tested. */
export function drip(socket: net.Socket, bytes: string, everyMs: number): void {
  let at = 0;
  const timer = setInterval(() => {
    if (socket.destroyed) clearInterval(timer);
    else socket.write(bytes.charAt(at++ % bytes.length));
  }, everyMs);
}
