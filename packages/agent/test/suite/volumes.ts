import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import { newId } from "@homeport/kit/ids.ts";
import { addressOf, type Bench, failureOf, get, NEVER } from "./bench.ts";

type Volumes = DesiredReplica["volumes"];

/** What every engine does with volumes. */
export const testVolumes = (bench: Bench): void => {
  const made: string[] = [];
  const volumesAt = (path = "/data", more: Partial<Volumes[number]> = {}): Volumes => {
    const volumeId = newId() as string;
    made.push(volumeId);
    return [{ volumeId, name: "data", path, ...more }];
  };
  const idOf = (volumes: Volumes): string => volumes[0]?.volumeId ?? "";
  const { signal } = new AbortController();

  /** Removes the replicas of the test, then their volumes. */
  const tidy = async (): Promise<void> => {
    await bench.tidy();
    for (const id of made.splice(0)) await bench.engine.volumes.remove(id, signal);
  };

  const ask = async (replica: DesiredReplica, route: string, query: Record<string, string>): Promise<Response> => {
    const found = await bench.engine.inspect(replica.id);
    if (found === null) throw new Error("The replica is not there.");
    return get(addressOf(found), `${route}?${new URLSearchParams(query)}`);
  };
  const write = (replica: DesiredReplica, path: string, text: string, times = 1): Promise<Response> =>
    ask(replica, "/write", { path, text, times: String(times) });
  const read = async (replica: DesiredReplica, path: string): Promise<{ text?: string; names?: string[] }> =>
    (await ask(replica, "/read", { path })).json() as Promise<object>;
  const link = (replica: DesiredReplica, path: string, to: string): Promise<Response> =>
    ask(replica, "/link", { path, to });
  const restarted = async (replica: DesiredReplica): Promise<DesiredReplica> => {
    await bench.engine.remove(replica.id);
    const next = bench.wish({ ...replica, id: newId(), releaseNumber: replica.releaseNumber + 1 });
    await bench.start(next);
    return next;
  };
  const contentOf = async (id: string, path: string): Promise<string> => {
    const found = await bench.engine.volumes.browse(id, path, signal);
    if (found.type !== "file") throw new Error("It is a folder.");
    return Buffer.from(found.content, "base64").toString();
  };

  test.each(["/data", "/var/lib/app/data", "/app/storage/deep"])(
    "what a replica writes into its volume at %s is there for the next one, and for nobody else",
    async (path) => {
      const volumes = volumesAt(path);
      const first = bench.wish({ volumes });
      await bench.start(first);
      await write(first, `${path}/kept`, "hello");
      await write(first, "/tmp/not-kept", "hello");
      await bench.reopen();
      const next = await restarted(first);
      expect(await read(next, `${path}/kept`)).toEqual({ text: "hello" });
      await write(next, `${path}/kept`, "again"); // whoever had it before, it is this one's to change
      expect(await read(next, `${path}/kept`)).toEqual({ text: "again" });
      expect(await read(next, "/tmp/not-kept")).toHaveProperty("error");
      const stranger = bench.wish();
      await bench.start(stranger);
      expect(await read(stranger, path)).toHaveProperty("error");
      await tidy();
    },
  );

  test("a replica knows its volumes, its epoch and where its lines go, also for the next agent", async () => {
    const volumes = volumesAt();
    const replica = bench.wish({ volumes, epoch: 7, logStream: "run.0123", kind: "run", health: { kind: "none" } });
    await bench.start(replica);
    await bench.reopen();
    expect(await bench.engine.inspect(replica.id)).toMatchObject({
      volumes: [idOf(volumes)],
      epoch: 7,
      logStream: "run.0123",
      kind: "run",
    });
    await tidy();
  });

  test("two replicas of one workload never write to its volumes at once; a run may, beside the service", async () => {
    const volumes = volumesAt();
    const first = bench.wish({ volumes });
    await bench.start(first);
    const second = bench.wish({ ...first, id: newId() });
    expect(await failureOf(bench.pullAndStart(second))).toMatchObject({
      retryable: true,
      reason: { code: "volume_in_use" },
    });
    const run = bench.wish({ ...first, id: newId(), kind: "run", env: { MODE: "once", MARK: "/data/ran" } });
    await bench.pullAndStart(run);
    expect((await bench.ended(run.id)).exit.code).toBe(0);
    expect(await read(first, "/data/ran")).toEqual({ text: "ran\n" });
    await bench.engine.stop(first.id, 5);
    await bench.start(second);
    await tidy();
  });

  test("of two that are started in the same moment, one is refused", async () => {
    const one = bench.wish({ volumes: volumesAt() });
    const other = bench.wish({ ...one, id: newId() });
    await bench.engine.pull(one.image, bench.credentials, NEVER);
    const results = await Promise.all([one, other].map((replica) => failureOf(bench.pullAndStart(replica))));
    expect(results.filter((result) => result === null)).toHaveLength(1);
    const running = (await bench.engine.list()).filter(({ state }) => state.kind === "running");
    expect(running).toHaveLength(1);
    await tidy();
  });

  test("a volume says what it holds and shows it, and follows no link out of it", async () => {
    const volumes = volumesAt("/data", { sizeMiB: 100 });
    const replica = bench.wish({ volumes });
    await bench.start(replica);
    await write(replica, "/data/notes/today.txt", "rain");
    await write(replica, "/data/large", "x", 3000);
    await link(replica, "/data/out", "/etc");
    await link(replica, "/data/password", "/etc/passwd");
    const { volumes: engineVolumes } = bench.engine;
    const usage = await engineVolumes.usage(idOf(volumes), signal);
    expect(usage).toMatchObject({ files: 5, sizeMiB: 100 });
    expect(usage.bytes).toBeGreaterThan(3000);
    expect(await engineVolumes.browse(idOf(volumes), "/", signal)).toMatchObject({
      type: "folder",
      total: 4,
      entries: [
        { name: "large", type: "file", bytes: 3000 },
        { name: "notes", type: "folder" },
        { name: "out", type: "link" },
        { name: "password", type: "link" },
      ],
    });
    expect(await contentOf(idOf(volumes), "/notes/today.txt")).toBe("rain");
    for (const path of ["/out", "/out/passwd", "/password", "/large/x"]) {
      const failure = await failureOf(engineVolumes.browse(idOf(volumes), path, signal));
      expect(failure).toMatchObject({ reason: { code: expect.stringMatching(/^path_not_(readable|found)$/) } });
    }
    const missing = await failureOf(engineVolumes.browse(idOf(volumes), "/nothing", signal));
    expect(missing).toMatchObject({ reason: { code: "path_not_found" } });
    await tidy();
  });

  test("a folder that is exchanged for a link again and again never shows what is outside", async () => {
    const volumes = volumesAt();
    const replica = bench.wish({ volumes });
    await get(await bench.start(replica), "/");
    let over = false;
    const swapping = ask(replica, "/swap", { path: "/data/swap", to: "/etc" }).finally(() => {
      over = true;
    });
    const seen = new Set<string>();
    while (!over) {
      const found = await bench.engine.volumes.browse(idOf(volumes), "/swap/passwd", signal).catch(() => null);
      if (found?.type === "file") seen.add(Buffer.from(found.content, "base64").toString());
    }
    await swapping;
    expect([...seen].filter((text) => text !== "inside" && text !== "")).toEqual([]);
    await tidy();
  });

  test("an archive brings everything back, owners and links too, into the same volume and into a new one", async () => {
    const volumes = volumesAt();
    const replica = bench.wish({ volumes });
    await bench.start(replica);
    await write(replica, "/data/kept/file", "as it was");
    await link(replica, "/data/link", "kept/file");
    await bench.engine.remove(replica.id);
    const file = join(bench.machine.options.dataDir, `${newId()}.tar.zst`);
    await bench.engine.volumes.archive(idOf(volumes), file, signal);

    const changed = bench.wish({ ...replica, id: newId() });
    await bench.start(changed);
    await write(changed, "/data/kept/file", "changed");
    await write(changed, "/data/added", "new");
    await bench.engine.remove(changed.id);
    const copies = volumesAt();
    for (const id of [idOf(volumes), idOf(copies)]) await bench.engine.volumes.restore(id, file, signal);
    for (const mounted of [volumes, copies]) {
      const next = bench.wish({ volumes: mounted });
      await bench.start(next);
      expect(await read(next, "/data/link")).toEqual({ text: "as it was" });
      expect((await read(next, "/data")).names?.sort()).toEqual(["kept", "link"]);
      await write(next, "/data/kept/file", "mine to change");
      expect(await read(next, "/data/kept/file")).toEqual({ text: "mine to change" });
    }
    await tidy();
  });

  test("resetting empties a volume, removing takes it away, and other volumes stay", async () => {
    const [volumes, others] = [volumesAt(), volumesAt()];
    for (const mounted of [volumes, others]) {
      const replica = bench.wish({ volumes: mounted });
      await bench.start(replica);
      await write(replica, "/data/.hidden/file", "x");
      await bench.engine.remove(replica.id);
    }
    const { volumes: engineVolumes } = bench.engine;
    await engineVolumes.reset(idOf(volumes), signal);
    expect(await engineVolumes.browse(idOf(volumes), "/", signal)).toMatchObject({ total: 0 });
    const next = bench.wish({ volumes });
    await bench.start(next);
    await write(next, "/data/after", "x"); // still its own
    expect((await read(next, "/data")).names).toEqual(["after"]);
    await bench.engine.remove(next.id);
    expect(await engineVolumes.remove(idOf(volumes), signal)).toBe(true);
    expect(await engineVolumes.remove(idOf(volumes), signal)).toBe(false);
    expect(await failureOf(engineVolumes.usage(idOf(volumes), signal))).toMatchObject({
      reason: { code: "volume_not_found" },
    });
    expect(await contentOf(idOf(others), "/.hidden/file")).toBe("x");
    await tidy();
  });

  test("a size that holds less than what is there is refused, another one is remembered", async () => {
    const volumes = volumesAt("/data", { sizeMiB: 50 });
    const replica = bench.wish({ volumes });
    await bench.start(replica);
    await write(replica, "/data/large", "x", 3 * 1024 * 1024);
    const { volumes: engineVolumes } = bench.engine;
    const refusal = await failureOf(engineVolumes.resize(idOf(volumes), 1, signal));
    expect(refusal).toMatchObject({ reason: { code: "volume_too_full" } });
    expect((await engineVolumes.usage(idOf(volumes), signal)).sizeMiB).toBe(50);
    const { enforced } = await engineVolumes.resize(idOf(volumes), 20, signal);
    await bench.reopen();
    expect(await bench.engine.volumes.usage(idOf(volumes), signal)).toMatchObject({ sizeMiB: 20, enforced });
    await tidy();
  });

  test("what an engine counts as ours grows with what is ours, and says how full the disk is", async () => {
    const before = await bench.engine.usage([], signal);
    const volumes = volumesAt();
    const replica = bench.wish({ volumes });
    await bench.start(replica);
    await write(replica, "/data/large", "x", 200_000);
    const after = await bench.engine.usage([replica.image], signal);
    expect(after.volumes.ours.count).toBe(before.volumes.ours.count + 1);
    expect(after.volumes.ours.bytes - before.volumes.ours.bytes).toBeGreaterThanOrEqual(200_000);
    expect(after.containers.ours.count).toBe(before.containers.ours.count + 1);
    expect(after.images.pinned.count).toBeGreaterThan(0);
    const [disk] = await bench.engine.disks();
    expect(disk).toMatchObject({ use: "data" });
    expect(disk?.totalBytes).toBeGreaterThan(disk?.freeBytes ?? 0);
    await tidy();
  });

  test("nothing of a volume is left beside it when its replica goes", async () => {
    const volumes = volumesAt();
    const replica = bench.wish({ volumes });
    await bench.start(replica);
    await bench.engine.remove(replica.id);
    expect(await bench.machine.traces(replica.id, replica.projectId)).toEqual([]);
    expect(readdirSync(join(bench.machine.options.dataDir, "agent/volumes"))).toContain(`${idOf(volumes)}.json`);
    await tidy();
  });
};
