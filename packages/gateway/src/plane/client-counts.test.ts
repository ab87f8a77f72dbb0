import { expect, test } from "bun:test";
import { ClientCounts } from "./client-counts.ts";

test("a client has as many connections as it may, and again after one has ended", () => {
  const counts = new ClientCounts(2);
  expect(["192.0.2.1", "192.0.2.1", "192.0.2.1"].map((address) => counts.add(address))).toEqual([true, true, false]);
  expect(counts.add("192.0.2.2")).toBe(true);
  counts.remove("192.0.2.1");
  expect(counts.add("192.0.2.1")).toBe(true);
  expect(counts.add("192.0.2.1")).toBe(false);
});

test("a connection that was refused is not counted", () => {
  const counts = new ClientCounts(1);
  counts.add("192.0.2.1");
  for (let attempt = 0; attempt < 5; attempt++) expect(counts.add("192.0.2.1")).toBe(false);
  counts.remove("192.0.2.1");
  expect(counts.add("192.0.2.1")).toBe(true);
});

test("all addresses of an IPv6 network of 64 bits are one client", () => {
  const counts = new ClientCounts(2);
  expect(counts.add("2001:db8:1:2::1")).toBe(true);
  expect(counts.add("2001:db8:1:2:ffff::9")).toBe(true);
  expect(counts.add("2001:db8:1:2::3")).toBe(false);
  expect(counts.add("2001:db8:1:3::1")).toBe(true);
  counts.remove("2001:db8:1:2::1");
  expect(counts.add("2001:db8:1:2::4")).toBe(true);
});

test("an IPv4 client is the same one in either spelling", () => {
  const counts = new ClientCounts(1);
  expect(counts.add("::ffff:192.0.2.1")).toBe(true);
  expect(counts.add("192.0.2.1")).toBe(false);
});

test("what was never counted can be taken away", () => {
  const counts = new ClientCounts(1);
  counts.remove("192.0.2.1");
  expect(counts.add("192.0.2.1")).toBe(true);
  expect(counts.add("192.0.2.1")).toBe(false);
});
