import { expect, test } from "bun:test";
import { join } from "node:path";
import type { ImageRef } from "@homeport/clusters/contract.ts";
import { newId } from "@homeport/kit/ids.ts";
import { callDocker } from "../../../kit/test/docker/api.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import { containerName, LABEL, volumeName } from "../../src/engines/docker/containers.ts";
import { openDockerEngine } from "../../src/engines/docker.ts";
import { variantOf } from "../images.ts";
import { startSocketProxy } from "../socket-proxy.ts";
import { addressOf, type Bench, failureOf, get, LONG, NEVER } from "./bench.ts";

/** What Docker keeps on disk, and whose it is. */
export const testDockerDisk = (bench: Bench): void => {
  const socketPath = () => (bench.machine.options.dockerHost ?? "").replace("unix://", "");
  const api = (path: string, init: Parameters<typeof callDocker>[2] = {}) => callDocker(socketPath(), path, init);
  const exists = async (path: string): Promise<boolean> => {
    try {
      await api(path);
      return true;
    } catch {
      return false;
    }
  };
  const volumesAt = (path = "/data") => [{ volumeId: newId() as string, name: "data", path }];
  const forget = (volumes: { volumeId: string }[]) =>
    Promise.all(volumes.map(({ volumeId }) => bench.engine.volumes.remove(volumeId, NEVER)));

  test("images, containers and volumes of others stay, whatever they are called and labelled", async () => {
    const { nodeId } = bench.machine.options;
    const mine = volumesAt();
    const replica = bench.wish({ volumes: mine });
    await bench.start(replica);
    await bench.engine.remove(replica.id);
    const repo = `${bench.machine.options.registry}/home/shop/api`;
    const foreign = {
      volume: volumeName(newId()),
      labelled: volumeName(newId()),
      image: `${repo}:foreign`,
      container: containerName(bench.wish()).replace(/-[^-]+$/, "-somebodys"),
    };
    await api("/volumes/create", { method: "POST", json: { Name: foreign.volume } });
    // all labels but those of the very volume
    const labels = { [LABEL.node]: nodeId, [LABEL.volume]: newId() };
    await api("/volumes/create", { method: "POST", json: { Name: foreign.labelled, Labels: labels } });
    await api(`/images/oven/bun:1/tag?${new URLSearchParams({ repo, tag: "foreign" })}`, { method: "POST" });
    const body = { Image: "oven/bun:1", Cmd: ["bun", "-e", "setInterval(() => {}, 1000)"] };
    const forged = { [LABEL.node]: nodeId, [LABEL.replica]: newId(), [LABEL.workload]: newId(), [LABEL.proof]: "0" };
    const create = `/containers/create?name=${foreign.container}`;
    await api(create, { method: "POST", json: { ...body, Labels: forged } });
    await api(`/containers/${foreign.container}/start`, { method: "POST" });
    try {
      await bench.reopen();
      expect((await bench.engine.list()).map(({ id }) => id)).not.toContain(forged[LABEL.replica]);
      await bench.engine.remove(forged[LABEL.replica]);
      await bench.engine.removeUnusedImages([], 0);
      for (const { volumeId } of mine) await bench.engine.volumes.remove(volumeId, NEVER);
      for (const name of [foreign.volume, foreign.labelled]) expect(await exists(`/volumes/${name}`)).toBe(true);
      expect(await exists(`/images/${foreign.image}/json`)).toBe(true);
      const { State } = (await (await api(`/containers/${foreign.container}/json`)).json()) as {
        State: { Running: boolean };
      };
      expect(State.Running).toBe(true);
    } finally {
      await api(`/containers/${foreign.container}?force=1`, { method: "DELETE" });
      await api(`/images/${foreign.image}`, { method: "DELETE" });
      for (const name of [foreign.volume, foreign.labelled]) await api(`/volumes/${name}`, { method: "DELETE" });
    }
  });

  test("labels that an image brings do not make another container of it", async () => {
    const other = bench.wish();
    await bench.start(other);
    const Labels = {
      [LABEL.replica]: other.id,
      [LABEL.workload]: other.workloadId,
      [LABEL.epoch]: "999",
      [LABEL.log]: "runtime.somebody",
      "dev.homeport.helper": "1",
    };
    const image = variantOf(bench.machine.registry, bench.machine.image, { Labels });
    const replica = bench.wish({ image, epoch: 3 });
    await bench.start(replica);
    await bench.reopen();
    expect(await bench.engine.inspect(replica.id)).toMatchObject({
      workloadId: replica.workloadId,
      epoch: 3,
      logStream: `runtime.${replica.workloadId}`,
      state: { kind: "running" },
    });
  });

  test("a replica that was renamed by hand is still ours", async () => {
    const replica = bench.wish();
    await bench.start(replica);
    await api(`/containers/${containerName(replica)}/rename?name=renamed-${replica.id}`, { method: "POST" });
    expect((await bench.engine.inspect(replica.id))?.state.kind).toBe("running");
    await bench.engine.remove(replica.id);
    expect(await exists(`/containers/renamed-${replica.id}/json`)).toBe(false);
  });

  test("a volume of our name that somebody else made is not used", async () => {
    const volumes = volumesAt();
    const name = volumeName(volumes[0]?.volumeId ?? "");
    await api("/volumes/create", { method: "POST", json: { Name: name } });
    try {
      expect(await failureOf(bench.pullAndStart(bench.wish({ volumes })))).toMatchObject({
        retryable: false,
        reason: { code: "name_taken" },
      });
      await forget(volumes);
      expect(await exists(`/volumes/${name}`)).toBe(true);
    } finally {
      await api(`/volumes/${name}`, { method: "DELETE" });
    }
  });

  test("volumes that an image declares go with the replica", async () => {
    const image = variantOf(bench.machine.registry, bench.machine.image, { Volumes: { "/scratch": {} } });
    const names = async () =>
      ((await (await api("/volumes")).json()) as { Volumes: { Name: string }[] | null }).Volumes?.map((v) => v.Name) ??
      [];
    const before = await names();
    const replica = bench.wish({ image });
    await bench.start(replica);
    expect((await names()).length).toBe(before.length + 1);
    await bench.engine.remove(replica.id);
    expect(await names()).toEqual(before);
  });

  test("an engine on another machine serves volumes through its archives", async () => {
    const proxy = await startSocketProxy(0, socketPath());
    const { nodeId, dataDir, registry } = bench.machine.options;
    const far = await openDockerEngine({
      nodeId,
      dataDir: join(dataDir, "agent"),
      registry,
      dockerHost: `tcp://127.0.0.1:${proxy.port}`,
    });
    const volumes = volumesAt();
    const id = volumes[0]?.volumeId ?? "";
    try {
      const replica = bench.wish({ volumes });
      const address = await bench.start(replica);
      const write = (path: string, text: string) => get(address, `/write?${new URLSearchParams({ path, text })}`);
      await write("/data/notes/today", "rain");
      await get(address, `/link?${new URLSearchParams({ path: "/data/out", to: "/etc" })}`);
      const usage = await far.volumes.usage(id, NEVER);
      expect(usage).toMatchObject({ files: 3, bytes: 4 });
      expect(await far.volumes.browse(id, "/", NEVER)).toMatchObject({
        total: 2,
        entries: [
          { name: "notes", type: "folder" },
          { name: "out", type: "link" },
        ],
      });
      expect(await far.volumes.browse(id, "/notes", NEVER)).toMatchObject({ entries: [{ name: "today", bytes: 4 }] });
      const content = Buffer.from("rain").toString("base64");
      expect(await far.volumes.browse(id, "/notes/today", NEVER)).toMatchObject({ content, truncated: false });
      for (const path of ["/out", "/out/passwd"]) {
        const failure = await failureOf(far.volumes.browse(id, path, NEVER));
        expect(failure).toMatchObject({ reason: { code: "path_not_readable" } });
      }
      expect(await failureOf(far.volumes.browse(id, "/nothing", NEVER))).toMatchObject({
        reason: { code: "path_not_found" },
      });
      expect(await failureOf(far.volumes.reset(id, NEVER))).toMatchObject({ reason: { code: "volume_in_use" } });

      await bench.engine.remove(replica.id);
      const file = join(dataDir, `${newId()}.tar.zst`);
      await far.volumes.archive(id, file, NEVER);
      await far.volumes.reset(id, NEVER);
      expect(await far.volumes.browse(id, "/", NEVER)).toMatchObject({ total: 0 });
      await far.volumes.restore(id, file, NEVER);
      const next = bench.wish({ volumes });
      const nextAddress = await bench.start(next);
      const read = await get(nextAddress, "/read?path=/data/notes/today");
      expect(await read.json()).toEqual({ text: "rain" });
      const all = (await (await api("/containers/json?all=1")).json()) as { Labels: Record<string, string> }[];
      expect(all.filter(({ Labels }) => Labels["dev.homeport.helper"] !== undefined)).toEqual([]);
      await bench.engine.remove(next.id);
    } finally {
      await forget(volumes);
      await far.close();
      proxy.stop();
    }
  });

  test("a disk below its reserve takes no new image, and what is there can still be started", async () => {
    const { nodeId, dataDir, registry, dockerHost } = bench.machine.options;
    await bench.engine.pull(bench.machine.image, bench.credentials, NEVER);
    const full = await openDockerEngine({
      nodeId,
      dataDir: join(dataDir, "agent"),
      registry,
      dockerHost,
      diskReserve: { bytes: Number.MAX_SAFE_INTEGER, fraction: 0 },
    });
    const { requests } = bench.machine.registry;
    const before = requests.length;
    const failure = await failureOf(full.pull(variantOf(bench.machine.registry, bench.machine.image), null, NEVER));
    expect(failure).toMatchObject({ retryable: true, reason: { code: "disk_full" } });
    expect((failure as Error).message).toMatch(/^The disk of \S+ on this node is nearly full: .* are free/);
    expect(requests.length).toBe(before);
    await full.pull(bench.machine.image, bench.credentials, NEVER);
    await full.close();
  });

  test("when a tag moves, the image it left is tidied away too", async () => {
    const { registry } = bench.machine;
    registry.open();
    const digestOf = (image: ImageRef): string => ("digest" in image ? image.digest : "");
    const [old, next] = [1, 2].map(() => digestOf(variantOf(registry, bench.machine.image))) as [string, string];
    const name = `moves-${newId()}`;
    const reference = `${registry.host}/home/shop/api:${name}`;
    registry.tag(name, old);
    await bench.engine.pull({ reference }, null, NEVER);
    registry.tag(name, next);
    await bench.engine.pull({ reference }, null, NEVER);
    const repo = `${registry.host}/home/shop/api`;
    expect(await exists(`/images/${repo}@${old}/json`)).toBe(true);
    await bench.engine.removeUnusedImages([{ reference }], 0);
    expect(await exists(`/images/${repo}@${old}/json`)).toBe(false);
    expect(await exists(`/images/${reference}/json`)).toBe(true);
    await bench.engine.removeUnusedImages([], 0);
    expect(await exists(`/images/${reference}/json`)).toBe(false);
  });

  test("under pressure the images that were unused for longest go first, and no more than it takes", async () => {
    await bench.engine.removeUnusedImages([], 0); // of other tests
    const images = [1, 2, 3].map(() => variantOf(bench.machine.registry, bench.machine.image));
    for (const image of images) await bench.engine.pull(image, bench.credentials, NEVER);
    await bench.engine.pull(images[0] as ImageRef, bench.credentials, NEVER); // wanted again
    let left = 1;
    await bench.engine.removeUnusedImages([], 0, async () => left-- <= 0);
    const present = await Promise.all(
      images.map((image) =>
        exists(`/images/${bench.machine.registry.host}/home/shop/api@${"digest" in image ? image.digest : ""}/json`),
      ),
    );
    expect(present).toEqual([true, false, true]);
    await bench.engine.removeUnusedImages([], 0);
  });

  test("an image without a start command is told as such", async () => {
    const image = variantOf(bench.machine.registry, bench.machine.image, { Cmd: null, Entrypoint: null });
    expect(await failureOf(bench.pullAndStart(bench.wish({ image })))).toMatchObject({
      retryable: false,
      reason: { code: "no_command" },
    });
  });

  test("a replica whose socket is on the container's own loopback shows where it listens", async () => {
    const replica = bench.wish({ env: { MODE: "alone" } });
    const started = await bench.pullAndStart(replica);
    const { port } = addressOf(started);
    const found = await waitFor(async () => {
      const listeners = await bench.engine.listeners(replica.id);
      return listeners.length > 0 ? listeners : false;
    }, LONG);
    expect(found).toEqual([{ host: "127.0.0.1", port }]);
  });
};
