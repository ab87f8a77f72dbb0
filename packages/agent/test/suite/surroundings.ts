import { expect, test } from "bun:test";
import type { Address } from "@homeport/clusters/contract.ts";
import { newId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { openEngine } from "../engine-options.ts";
import { type Bench, failureOf, get, NEVER } from "./bench.ts";

export const testSurroundings = (bench: Bench): void => {
  test("what is not this node's is neither listed nor touched", async () => {
    const foreign = await bench.machine.startForeign();
    try {
      const other = await openEngine({ ...bench.machine.options, nodeId: newId() });
      expect(await other.list()).toEqual([]);
      await other.close();
      const replica = bench.wish();
      await bench.start(replica);
      expect((await bench.engine.list()).map(({ id }) => id)).toEqual([replica.id]);
      await bench.engine.remove(replica.id);
      await bench.engine.removeUnusedImages([], 0);
      expect(await foreign.isAlive()).toBe(true);
    } finally {
      await foreign.stop();
    }
  });

  test("two services of a project reach each other by name and declared port; other projects do not, nor other networks of it", async () => {
    const [api, web] = [bench.wish({ serviceSlug: "api", port: 3456 }), bench.wish({ serviceSlug: "web", port: 3457 })];
    web.projectId = api.projectId;
    const stranger = bench.wish({ serviceSlug: "stranger" });
    // The same service in another environment: the same project and name, a network of its own.
    const staged = bench.wish({ serviceSlug: "api", port: 3458, projectId: api.projectId, networkId: newId() });
    const replicas = [api, web, stranger, staged];
    const publish = (targets: Address[][]) =>
      bench.engine.publishNames(
        replicas.map((replica, index) => ({
          workloadId: replica.workloadId,
          networkId: replica.networkId ?? replica.projectId,
          names: [replica.serviceSlug],
          port: replica.port,
          targets: targets[index] ?? [],
        })),
      );
    await publish([]);
    const addresses: Address[] = [];
    for (const replica of replicas) addresses.push(await bench.start(replica));
    await Promise.all(addresses.map((address) => get(address, "/")));
    await publish(addresses.map((address) => [address]));
    const ask = async (from: number, url: string) => {
      const res = await get(addresses[from]!, `/fetch?url=${encodeURIComponent(url)}`);
      return { status: res.status, text: await res.text() };
    };
    expect(await ask(0, "http://web:3457/health")).toEqual({ status: 200, text: "health" });
    expect(await ask(1, "http://api:3456/health")).toEqual({ status: 200, text: "health" });
    expect((await ask(2, "http://api:3456/health")).status).toBe(502);
    expect((await ask(3, "http://web:3457/health")).status).toBe(502);
    expect((await ask(1, "http://api:3458/health")).status).toBe(502);
  });

  test("a wrong registry password is a clear refusal, a registry that stumbles can be tried again", async () => {
    const unknown = { repository: "home/shop/other", digest: `sha256:${"0".repeat(64)}` };
    const wrong = { username: "agent", password: new Secret("wrong") };
    const denied = await failureOf(bench.engine.pull(unknown, wrong, NEVER));
    expect(denied).toMatchObject({ retryable: false, reason: { code: "image_denied" } });
    const missing = await failureOf(bench.engine.pull(unknown, bench.credentials, NEVER));
    expect(missing).toMatchObject({ retryable: true, reason: { code: "image_not_found" } });
  });

  test("images that were pulled and are not used go away, others stay", async () => {
    await bench.engine.removeUnusedImages([], 0); // of other tests
    await bench.engine.pull(bench.machine.image, bench.credentials, NEVER);
    expect(await bench.engine.removeUnusedImages([bench.machine.image], 0)).toEqual({ count: 0, bytes: 0 });
    expect(await bench.engine.removeUnusedImages([], 60_000)).toEqual({ count: 0, bytes: 0 });
    const replica = bench.wish();
    await bench.start(replica);
    expect(await bench.engine.removeUnusedImages([], 0)).toEqual({ count: 0, bytes: 0 }); // in use
    await bench.engine.remove(replica.id);
    const removed = await bench.engine.removeUnusedImages([], 0);
    expect(removed.count).toBe(1);
    expect(removed.bytes).toBeGreaterThan(0);
  });
};
