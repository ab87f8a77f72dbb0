import { afterAll, expect, test } from "bun:test";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "@homeport/kit/ids.ts";
import { LABEL } from "./containers.ts";
import { openOwnership } from "./ownership.ts";

const dir = await mkdtemp(join(tmpdir(), "homeport-ownership-"));
afterAll(() => rm(dir, { recursive: true, force: true }));

const nodeId = newId();
const id = newId() as string;
const labels = { [LABEL.node]: nodeId, [LABEL.replica]: id, [LABEL.workload]: newId() as string };
const ours = `/hp-api-1-${id.slice(-12)}`;

test("what carries a proof of this node is ours under any name, also for the next agent", async () => {
  const { prove } = await openOwnership(join(dir, "key.json"), nodeId);
  const proven = { ...labels, [LABEL.proof]: prove(labels) };
  const next = await openOwnership(join(dir, "key.json"), nodeId);
  expect(next.isOurs({ name: "/renamed", labels: proven })).toBe(true);
  expect(next.isOurs({ name: "/renamed", labels: { ...proven, [LABEL.workload]: newId() } })).toBe(false);
  expect(next.isOurs({ name: "/renamed", labels })).toBe(false);
  expect((await stat(join(dir, "key.json"))).mode & 0o777).toBe(0o600);
});

test("what has our name needs no proof; a name of another replica, and another node, do not count", async () => {
  const { isOurs } = await openOwnership(join(dir, "other-key.json"), nodeId);
  expect(isOurs({ name: ours, labels })).toBe(true);
  expect(isOurs({ name: `/hp-api-1-${newId().slice(-12)}`, labels })).toBe(false);
  expect(isOurs({ name: `/x${ours.slice(1)}`, labels })).toBe(false);
  expect(isOurs({ name: ours, labels: { ...labels, [LABEL.node]: newId() } })).toBe(false);
});
