import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { until } from "../until.ts";
import { Crowd } from "./crowd.ts";
import { EchoApp, requestOf } from "./echo-app.ts";
import { FaultBed } from "./fault-bed.ts";

setDefaultTimeout(60_000);

const HEAD_MS = 8_000;
const KEEP_ALIVE_MS = 10_000;
const LATE_MS = 5_000;
const EACH = 1_250;
const KINDS = 4;

let bed: FaultBed;

beforeAll(async () => {
  const timeouts = { headMs: HEAD_MS, keepAliveMs: KEEP_ALIVE_MS };
  bed = await FaultBed.open({ timeouts, limits: { connectionsPerClient: EACH * KINDS + 100 } });
  const app = new EchoApp();
  bed.fixture.defer(() => app.kill());
  await bed.serve("app.localhost", app.port, {});
});
afterAll(() => bed.close());

/** A peer that vanished without a word looks like the ones here: only time tells. */
test("5,000 connections on which nothing happens keep nobody from being served, and end when their time is over", async () => {
  await bed.begin();
  const { bytes, expected } = requestOf("app.localhost", "", 2);
  const crowd = new Crowd(bed.gateway.port, "127.0.0.2");
  const known = await crowd.join(EACH); // these have a longer time than the others, so they come first
  for (const member of known) member.send(bytes);
  await until("these are answered", () => known.every(({ receivedBytes }) => receivedBytes > 0), 20_000);
  const silent = await crowd.join(EACH);
  const begun = await crowd.join(EACH);
  for (const member of begun) member.send(bytes.subarray(0, 20));
  const leaving = await crowd.join(EACH);
  await until("the gateway has all of them", async () => (await bed.connectionCount()) >= EACH * KINDS);
  expect(await bed.harm()).toEqual([]);

  for (const { socket } of leaving) socket?.shutdown();
  await until("who closed its side is let go", () => leaving.every(({ end }) => end !== null), LATE_MS);
  expect(crowd.openCount).toBe(3 * EACH);

  const [old] = known;
  old?.send(bytes); // it is served like a new one
  await until("it is answered again", () => (old?.receivedBytes ?? 0) > 2 * expected.length);

  await until("who never said anything is let go", () => silent.every(({ end }) => end === "FIN"), HEAD_MS + LATE_MS);
  await until("who began is told", () => begun.every(({ end }) => end === "FIN"), LATE_MS);
  for (const { last } of begun) expect(last.toString()).toStartWith("HTTP/1.1 408 ");
  await until("who was served is let go", () => known.every(({ end }) => end === "FIN"), KEEP_ALIVE_MS + LATE_MS);
  await until("the gateway has let go of all", async () => (await bed.connectionCount()) < 100);
  expect(await bed.harm()).toEqual([]);
});
