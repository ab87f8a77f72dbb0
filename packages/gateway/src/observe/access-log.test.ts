import { expect, test } from "bun:test";
import type { FinishedRequest } from "../proxy.ts";
import { AccessLog } from "./access-log.ts";
import { type Outcome, RouteStats } from "./route-stats.ts";

const CAPACITY = 2_000;
const SAMPLES_PER_SECOND = 20;
const STATS = new RouteStats("workload", "w1");

type Parts = {
  id: string;
  outcome: Outcome;
  status: number;
  startedAt: number;
  durationMs: number;
  path: string;
  method: string;
  host: string;
  clientAddress: string;
};

function requestOf(parts: Partial<Parts> = {}): FinishedRequest {
  const { id = "id", outcome = 200, startedAt = 0, durationMs = 1.23456, clientAddress = "192.0.2.1" } = parts;
  const {
    status = typeof outcome === "number" ? outcome : 0,
    method = "GET",
    host = "shop.example",
    path = "/",
  } = parts;
  return {
    outcome,
    status,
    startedAt,
    durationMs,
    bytesOut: 12,
    clientAddress,
    requestId: () => id,
    method: () => method,
    host: () => host,
    path: () => path,
  };
}

function logOf(requests: readonly Partial<Parts>[]): AccessLog {
  const log = new AccessLog(() => Date.UTC(2026, 0, 2));
  for (const parts of requests) log.add(STATS, requestOf(parts));
  return log;
}

const idsOf = (log: AccessLog, limit = 10 * CAPACITY): string[] => log.latest(limit).map(({ requestId }) => requestId);
const faults = (count: number): Partial<Parts>[] =>
  Array.from({ length: count }, (_, index) => ({ id: String(index), outcome: 502 }));
const answers = (count: number, parts: Partial<Parts> = {}): Partial<Parts>[] =>
  Array.from({ length: count }, () => parts);

test("an entry says what became of a request", () => {
  expect(logOf([{ outcome: 404, path: "/x", durationMs: 1.23456 }]).latest(1)).toEqual([
    {
      at: "2026-01-02T00:00:00.000Z",
      requestId: "id",
      route: "w1",
      method: "GET",
      host: "shop.example",
      path: "/x",
      status: 404,
      outcome: "answered",
      durationMs: 1.23,
      bytesOut: 12,
      client: "192.0.2.1",
    },
  ]);
});

test("nothing that a client sends makes an entry large", () => {
  const long = "x".repeat(5_000);
  const [entry] = logOf([{ method: long, host: long, path: long, clientAddress: long }]).latest(1);
  expect(JSON.stringify(entry).length).toBeLessThan(1_000);
});

test.each([0, 1, 2, CAPACITY - 1, CAPACITY, CAPACITY + 1, 2 * CAPACITY, 2 * CAPACITY + 7])(
  "of %i requests the last 2000 are kept, the newest first",
  (count) => {
    const log = logOf(faults(count));
    const expected = Array.from({ length: Math.min(count, CAPACITY) }, (_, back) => String(count - 1 - back));
    expect(idsOf(log)).toEqual(expected);
    expect(idsOf(log, 5)).toEqual(expected.slice(0, 5));
    expect(idsOf(log, 0)).toEqual([]);
  },
);

test("of answers without fault a sample is kept, each second anew", () => {
  const log = logOf(answers(500, { startedAt: 5_000, id: "a" }));
  expect(idsOf(log)).toHaveLength(SAMPLES_PER_SECOND);
  for (const parts of answers(500, { startedAt: 6_000, id: "b" })) log.add(STATS, requestOf(parts));
  expect(idsOf(log).filter((id) => id === "b")).toHaveLength(SAMPLES_PER_SECOND);
});

test("answers that took longer than others do not make the sample larger", () => {
  const mixed = Array.from({ length: 500 }, (_, index) => ({ startedAt: index % 2 === 0 ? 5_000 : 9_000 }));
  expect(idsOf(logOf(mixed)).length).toBeLessThanOrEqual(2 * SAMPLES_PER_SECOND);
});

test.each<{ name: string; parts: Partial<Parts>; isKept: boolean }>([
  { name: "an error of the server", parts: { outcome: 500 }, isKept: true },
  { name: "a gateway error", parts: { outcome: 599 }, isKept: true },
  { name: "an answer that broke off", parts: { outcome: "cut", status: 200 }, isKept: true },
  { name: "a client that went away", parts: { outcome: "aborted" }, isKept: true },
  { name: "an error of the client", parts: { outcome: 499 }, isKept: false },
  { name: "a tunnel", parts: { outcome: "tunnel", status: 101 }, isKept: false },
  { name: "an answer", parts: { outcome: 200 }, isKept: false },
])("beyond the sample, $name is kept: $isKept", ({ parts, isKept }) => {
  const log = logOf([...answers(500), { ...parts, id: "last" }]);
  expect(idsOf(log).includes("last")).toBe(isKept);
});

test("faults do not use up the sample", () => {
  const log = logOf([...faults(100), ...answers(1, { id: "answer" })]);
  expect(idsOf(log, 1)).toEqual(["answer"]);
});
