import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { DesiredReplica, ObservedReplica, ReplicaState } from "@homeport/clusters/contract.ts";
import { newId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { waitFor } from "../../kit/test/wait-for.ts";
import { type Agent, startAgent } from "../src/index.ts";
import { createControlPlane } from "./control-plane.ts";
import { variantOf } from "./images.ts";
import { createLogSink } from "./log-sink.ts";
import type { Machine } from "./machine.ts";
import { replicaOf } from "./replica.ts";

const LONG = { timeoutMs: 30_000 };

/** What the agent does with an engine; the same on every engine. */
export const testAgent = (name: string, prepare: () => Promise<Machine>): void =>
  describe(name, () => {
    let machine: Machine;
    let dataDir: string;
    let agent: Agent | null = null;
    let control: ReturnType<typeof createControlPlane>;
    let sink: ReturnType<typeof createLogSink>;
    let password: string;
    let nodeId: string;

    beforeAll(async () => {
      machine = await prepare();
    }, 180_000);
    afterAll(() => machine?.stop());

    const run = async (): Promise<Agent> => {
      const { kind: engine, registry, dockerHost } = machine.options;
      const config = { nodeId, dataDir, engine, registry, dockerHost, searchPath: process.env.PATH ?? "" };
      const registryPassword = async () => new Secret(password);
      return startAgent({ ...config, registryPassword }, { controlPlane: control.port, logSink: sink.port });
    };

    beforeEach(async () => {
      dataDir = await mkdtemp(join(machine.options.dataDir, "node-"));
      nodeId = newId();
      control = createControlPlane(nodeId);
      sink = createLogSink();
      password = machine.registry.password;
      agent = await run();
    });
    afterEach(async () => {
      await agent?.stopWorkloads();
      agent = null;
      await rm(dataDir, { recursive: true, force: true });
    });

    const wish = (changes: Partial<DesiredReplica> = {}): DesiredReplica => replicaOf(machine.image, changes);
    const impatient = (path = "/health") => ({ kind: "http" as const, path, timeoutSeconds: 2, intervalSeconds: 1 });
    const serving = (replica: DesiredReplica): DesiredReplica => ({ ...replica, restart: "always" });

    const until = (replica: DesiredReplica, ...states: ReplicaState[]): Promise<ObservedReplica> =>
      waitFor(
        () => {
          const seen = control.seen(replica.id);
          return seen !== undefined && states.includes(seen.state) ? seen : false;
        },
        { ...LONG, message: `the replica never became ${states.join(" or ")}` },
      );

    const ask = async (replica: DesiredReplica, path: string): Promise<string> => {
      const address = control.seen(replica.id)?.address;
      if (address === undefined) throw new Error("no address was reported");
      return (
        await fetch(`http://${address.host}:${address.port}${path}`, { headers: { connection: "close" } })
      ).text();
    };

    test("a candidate becomes ready, serves, is replaced and goes, and its logs arrive", async () => {
      const first = wish();
      control.want(first);
      const ready = await until(first, "ready");
      expect(ready.readySince).toBeDefined();
      expect(await ask(first, "/")).toBe("here");

      const second = wish({ workloadId: first.workloadId, projectId: first.projectId, releaseNumber: 2 });
      control.want(serving(first), second);
      await until(second, "ready");
      expect(control.seen(first.id)?.state).toBe("ready");
      control.want({ ...serving(first), desired: "stopped" }, serving(second));
      await until(first, "stopped");
      control.want(serving(second));
      await waitFor(async () => (await machine.traces(first.id, newId())).length === 0, LONG);
      expect(await ask(second, "/")).toBe("here");
      const text = sink.textOf(first.workloadId);
      expect(text).toEqual(expect.arrayContaining(["mode serve", "a word on stderr", "got SIGTERM", "done"]));
      expect(control.history(second.id).at(-1)).toBe("ready");
    });

    test("a candidate that crashes is reported with its exit code and last lines, and is not started again", async () => {
      const replica = wish({ env: { MODE: "crash" } });
      control.want(replica);
      const seen = await until(replica, "exited");
      expect(seen.reason).toMatchObject({ code: "crashed", exitCode: 3 });
      expect(seen.reason?.message).toContain("exit code 3");
      expect(seen.reason?.lastLines).toEqual(expect.arrayContaining(["about to fail", "last words"]));
      expect(
        control.reports
          .flatMap(({ replicas }) => replicas)
          .filter(({ state, reason }) => state === "exited" && !reason),
      ).toEqual([]);
      control.want({ ...replica, desired: "stopped" });
      await until(replica, "stopped");
      expect(sink.textOf(replica.workloadId).filter((line) => line === "about to fail")).toHaveLength(1);
    });

    test("a candidate that never listens fails with the port in the reason", async () => {
      const replica = wish({ env: { MODE: "silent" }, health: impatient() });
      control.want(replica);
      const { reason } = await until(replica, "failed");
      expect(reason?.code).toBe("not_listening");
      expect(reason?.message).toMatch(
        /Nothing listens on port \d+: no connection to [\d.]+:\d+ was accepted within 2 seconds/,
      );
      expect(reason?.lastLines).toEqual(expect.arrayContaining(["mode silent"]));
    });

    test("a candidate that answers 500 on its health path fails with that status", async () => {
      const replica = wish({ env: { MODE: "unhealthy" }, health: impatient() });
      control.want(replica);
      const { reason } = await until(replica, "failed");
      expect(reason).toMatchObject({ code: "unhealthy" });
      expect(reason?.message).toContain("GET /health on port");
      expect(reason?.message).toContain("answered 500");
    });

    test("a candidate whose image may not be pulled fails with that reason", async () => {
      password = "wrong";
      const digest = `sha256:${"1".repeat(64)}`;
      const replica = wish({ image: { repository: "home/shop/api", digest } });
      control.want(replica);
      expect((await until(replica, "failed")).reason?.code).toBe("image_denied");
    });

    test("a candidate that is called off while its image is on the way never starts", async () => {
      const release = machine.registry.hold();
      try {
        const [stopped, dropped] = [
          wish({ image: variantOf(machine.registry, machine.image) }),
          wish({ image: variantOf(machine.registry, machine.image) }),
        ];
        control.want(stopped, dropped);
        await Promise.all([until(stopped, "pulling"), until(dropped, "pulling")]);
        control.want({ ...stopped, desired: "stopped" });
        await until(stopped, "stopped");
        release();
        const other = wish();
        control.want(other);
        await until(other, "ready");
        expect((await agent!.engine.list()).map(({ id }) => id)).toEqual([other.id]);
        expect(sink.textOf(stopped.workloadId)).toEqual([]);
        expect(sink.textOf(dropped.workloadId)).toEqual([]);
      } finally {
        release();
      }
    });

    test("a start command that does not exist is told as such", async () => {
      const replica = wish({ command: ["no-such-program"] });
      control.want(replica);
      const { reason } = await until(replica, "exited", "failed");
      expect(reason).toMatchObject({ code: "crashed", exitCode: 127 });
      expect(reason?.message).toContain("was not found");
    });

    test("out of memory is told as such", async () => {
      const replica = wish({ env: { MODE: "hog" }, resources: { memoryMiB: 192 } });
      control.want(replica);
      const { reason } = await until(replica, "exited");
      expect(reason).toMatchObject({ code: "out_of_memory", exitCode: 137, signal: "SIGKILL" });
      expect(reason?.message).toContain("192 MiB");
    });

    test("a serving replica that crashes is started again", async () => {
      const replica = wish();
      control.want(replica);
      await until(replica, "ready");
      control.want(serving(replica));
      await waitFor(async () => (await agent!.engine.inspect(replica.id))?.restart === "always", LONG);
      await ask(replica, "/exit?code=1");
      await waitFor(
        () => (control.seen(replica.id)?.restarts ?? 0) > 0 && control.seen(replica.id)?.state === "ready",
        LONG,
      );
      expect(await ask(replica, "/")).toBe("here");
    });

    test("what was removed by hand is made again", async () => {
      const replica = serving(wish());
      control.want(replica);
      const first = await until(replica, "ready");
      await agent!.engine.remove(replica.id);
      await waitFor(() => {
        const seen = control.seen(replica.id);
        return seen?.state === "ready" && seen.startedAt !== first.startedAt;
      }, LONG);
      expect(await ask(replica, "/")).toBe("here");
    });

    test("what nobody wants any more is removed; what belongs to another node stays", async () => {
      const foreign = await machine.startForeign();
      try {
        const replica = wish();
        control.want(replica);
        await until(replica, "ready");
        control.want();
        await waitFor(async () => (await machine.traces(replica.id, replica.projectId)).length === 0, LONG);
        expect(await foreign.isAlive()).toBe(true);
      } finally {
        await foreign.stop();
      }
    });

    test("an older, a partial and another node's state are ignored", async () => {
      const replica = wish();
      control.want(wish());
      const generation = control.want(replica);
      await until(replica, "ready");
      const empty = { nodeId, generation: generation + 1, complete: true, replicas: [] };
      for (const wrong of [
        { ...empty, complete: false },
        { ...empty, generation: generation - 1 },
        { ...empty, nodeId: newId() },
        { ...empty, replicas: "none" },
        "nonsense",
      ]) {
        control.sendRaw(wrong);
      }
      control.want(replica, wish({ env: { MODE: "silent" }, health: { kind: "none" } }));
      const last = control.want(replica);
      await waitFor(() => control.reports.at(-1)?.generation === last, LONG);
      expect(control.seen(replica.id)?.state).toBe("ready");
      expect(control.history(replica.id).slice(control.history(replica.id).indexOf("ready"))).toEqual(["ready"]);
    });

    test("an agent that comes back without a control plane keeps everything running and repairs it", async () => {
      const replica = wish();
      control.want(replica);
      await until(replica, "ready");
      control.want(serving(replica));
      await waitFor(async () => (await agent!.engine.inspect(replica.id))?.restart === "always", LONG);
      const before = (await agent!.engine.inspect(replica.id))?.state;
      await agent!.stop();
      expect(await ask(replica, "/")).toBe("here");
      expect((await stat(join(dataDir, "agent/desired.json"))).mode & 0o777).toBe(0o600);

      control.offline = true;
      agent = await run();
      expect((await agent.engine.inspect(replica.id))?.state).toEqual(before!);
      await ask(replica, "/exit?code=1");
      await waitFor(async () => ((await agent!.engine.inspect(replica.id))?.restarts ?? 0) > 0, LONG);
      const known = control.reports.length;
      control.offline = false;
      await waitFor(() => control.reports.length > known, LONG);
      await until(replica, "ready");
    });

    test("an agent that comes back never says that a healthy replica is not ready", async () => {
      const replica = wish();
      control.want(replica);
      await until(replica, "ready");
      await agent!.stop();
      const known = control.reports.length;
      agent = await run();
      await waitFor(() => control.reports.length > known, LONG);
      expect(control.reports.slice(known).map(({ replicas }) => replicas[0]?.state)).not.toContain("running");
      expect(control.seen(replica.id)?.state).toBe("ready");
    });

    test("logs arrive once and without a gap, whatever happens to the sink and the agent", async () => {
      const replica = wish();
      control.want(replica);
      await until(replica, "ready");
      sink.failures = 2;
      await ask(replica, "/log?count=500");
      await waitFor(() => sink.textOf(replica.workloadId).includes("line 500"), LONG);
      sink.lostAnswers = 1;
      await ask(replica, "/log?count=700");
      await agent!.stop();
      await ask(replica, "/log?count=900");
      agent = await run();
      await waitFor(() => sink.textOf(replica.workloadId).includes("line 900"), LONG);
      const lines = sink.textOf(replica.workloadId).filter((line) => line.startsWith("line "));
      const expected = [500, 700, 900].flatMap((count) =>
        Array.from({ length: count }, (_, index) => `line ${index + 1}`),
      );
      expect(lines).toEqual(expected);
      expect(sink.gaps).toEqual([]);
    });

    test("a sink that has lost what it had gets everything from then on", async () => {
      const replica = wish();
      control.want(replica);
      await until(replica, "ready");
      await waitFor(() => sink.textOf(replica.workloadId).some((line) => line.startsWith("listening")), LONG);
      sink.loseEverything();
      await ask(replica, "/log?count=20");
      await waitFor(() => sink.textOf(replica.workloadId).includes("line 20"), LONG);
      expect(sink.textOf(replica.workloadId)).toEqual(Array.from({ length: 20 }, (_, index) => `line ${index + 1}`));
    });

    test("stopping the workloads leaves nothing of them but the wish, and their last lines arrive", async () => {
      const replicas = [wish(), wish({ env: { MODE: "silent" }, health: { kind: "none" } })];
      control.want(...replicas);
      await Promise.all(replicas.map((replica) => until(replica, "ready")));
      await agent!.stopWorkloads();
      agent = null;
      for (const { id, projectId } of replicas) expect(await machine.traces(id, projectId)).toEqual([]);
      expect(sink.textOf(replicas[0]!.workloadId)).toContain("done");
      expect(control.reports.at(-1)?.replicas.map(({ state }) => state)).toEqual(["ready", "ready"]);

      const known = control.reports.length;
      control.offline = true; // what was wanted is known without asking
      agent = await run();
      await waitFor(async () => (await agent!.engine.list()).length === 2, LONG);
      control.offline = false;
      await waitFor(() => control.reports.length > known, LONG);
      await Promise.all(replicas.map((replica) => until(replica, "ready")));
    });
  });
