import { expect, test } from "bun:test";
import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import { ReplicaFailure } from "../../src/failure.ts";
import type { EngineReplica } from "../../src/ports.ts";
import { variantOf } from "../images.ts";
import { addressOf, type Bench, get, LONG, NEVER } from "./bench.ts";

export const testLifecycle = (bench: Bench): void => {
  test("a replica answers on its port with its own environment and nothing of the agent's", async () => {
    const replica = bench.wish({ env: { GREETING: "hello world", PATH_IS_NOT: "PATH" } });
    const address = await bench.start(replica);
    const env = (await (await get(address, "/env")).json()) as Record<string, string>;
    expect(env).toMatchObject({ GREETING: "hello world", FROM_IMAGE: "yes", REPLICA: replica.id });
    expect(env.PORT).toBe(String(bench.engine.kind === "process" ? address.port : replica.port));
    expect(
      Object.keys(env).filter(
        (variable) => variable in process.env && !["PATH", "HOME", "PWD", "LANG"].includes(variable),
      ),
    ).toEqual([]);
  });

  test("a replica starts in the folder that its image names", async () => {
    const image = variantOf(bench.machine.registry, bench.machine.image, { WorkingDir: "/app/packages/api" });
    const address = await bench.start(bench.wish({ image, command: ["bun", "../../server.ts"] }));
    expect(await (await get(address, "/who")).json()).toMatchObject({ cwd: "/app/packages/api" });
  });

  test("starting again what runs changes nothing", async () => {
    const replica = bench.wish();
    await bench.start(replica);
    const before = await bench.engine.inspect(replica.id);
    expect(await bench.engine.start(replica)).toEqual(before as EngineReplica);
    expect((await bench.engine.list()).filter(({ id }) => id === replica.id)).toHaveLength(1);
  });

  test("a crash shows its exit code and its last lines", async () => {
    const replica = bench.wish({ env: { MODE: "crash" } });
    await bench.pullAndStart(replica);
    expect((await bench.ended(replica.id)).exit).toMatchObject({ code: 3, oomKilled: false });
    const lines = await bench.engine.lastLines(replica.id, 50);
    expect(lines).toEqual(expect.arrayContaining(["about to fail", "last words"]));
    expect(await bench.engine.lastLines(replica.id, 1)).toHaveLength(1);
  });

  test("an end is announced", async () => {
    const replica = bench.wish();
    const address = await bench.start(replica);
    await get(address, "/");
    const stop = new AbortController();
    let hints = 0;
    const watching = (async () => {
      for await (const _hint of bench.engine.watch(stop.signal)) hints += 1;
    })();
    await get(address, "/log?count=1"); // time for the watch to begin, where it has to connect
    const before = hints;
    await get(address, "/exit?code=1");
    await waitFor(() => hints > before, LONG);
    stop.abort();
    await watching;
  });

  test("what has ended can be started again, and its log goes on", async () => {
    const replica = bench.wish();
    await get(await bench.start(replica), "/exit?code=7");
    expect((await bench.ended(replica.id)).exit.code).toBe(7);
    const before = await bench.logOf(replica.id);
    const address = addressOf(await bench.engine.start(replica));
    await get(address, "/exit?code=0");
    await bench.ended(replica.id);
    const after = await bench.logOf(replica.id, before.at(-1)!.cursor);
    expect(after.map(({ text }) => text)).toContain("mode serve");
  });

  test.each([
    { name: "not in the image", command: ["no-such-program"], code: 127 },
    { name: "not executable", command: ["./not-executable"], code: 126 },
  ])("a start command that is $name ends with exit code $code", async ({ command, code }) => {
    const replica = bench.wish({ command: [...command] });
    bench.created.push(replica.id);
    await bench.engine.pull(replica.image, bench.credentials, NEVER);
    const refusal = await bench.engine.start(replica).then(
      () => null,
      (err: unknown) => err,
    );
    if (refusal instanceof ReplicaFailure) expect(refusal.reason.exitCode).toBe(code);
    else expect((await bench.ended(replica.id)).exit.code).toBe(code);
  });

  test("using more memory than the limit kills the replica, and says so", async () => {
    expect((await bench.engine.info()).limitsMemory).toBe(true);
    const replica = bench.wish({ env: { MODE: "hog" }, resources: { memoryMiB: 192 } });
    await bench.engine.pull(replica.image, bench.credentials, NEVER);
    bench.created.push(replica.id);
    await bench.engine.start(replica);
    expect((await bench.ended(replica.id)).exit).toMatchObject({ code: 137, oomKilled: true });
  });

  test("stopping asks first and lets the replica finish", async () => {
    const replica = bench.wish();
    await get(await bench.start(replica), "/");
    await bench.engine.stop(replica.id, 10);
    expect((await bench.ended(replica.id)).exit.code).toBe(0);
    const texts = (await bench.logOf(replica.id)).flatMap(({ stream, text }) => (stream === "stdout" ? [text] : []));
    expect(texts.slice(-2)).toEqual(["got SIGTERM", "done"]);
    await bench.engine.stop(replica.id, 10); // again, and nothing happens
  });

  test("a replica that does not stop within its grace is killed", async () => {
    const replica = bench.wish({ env: { MODE: "stubborn" } });
    await get(await bench.start(replica), "/");
    const before = performance.now();
    await bench.engine.stop(replica.id, 1);
    expect(performance.now() - before).toBeGreaterThan(950);
    expect(performance.now() - before).toBeLessThan(8_000);
    expect((await bench.ended(replica.id)).exit.code).toBe(137);
    expect((await bench.logOf(replica.id)).map(({ text }) => text)).toContain("got SIGTERM");
  });

  test("removing leaves nothing behind, not even a child that got away", async () => {
    const replica = bench.wish();
    const address = await bench.start(replica);
    await get(address, "/daemon");
    expect(await bench.machine.traces(replica.id, replica.projectId)).not.toEqual([]);
    await bench.engine.remove(replica.id);
    await waitFor(async () => (await bench.machine.traces(replica.id, replica.projectId)).length === 0, LONG);
    expect(await bench.engine.inspect(replica.id)).toBeNull();
    await bench.engine.remove(replica.id); // again, and nothing happens
  });

  test("children of a replica that has ended are gone too", async () => {
    const replica = bench.wish();
    const address = await bench.start(replica);
    await get(address, "/daemon");
    await get(address, "/exit?code=0");
    await bench.ended(replica.id);
    const processes = async () =>
      (await bench.machine.traces(replica.id, replica.projectId)).filter((trace) => trace.startsWith("process"));
    await waitFor(async () => (await processes()).length === 0, LONG);
  });

  test("a replica outlives the kill of the agent and is taken over by the next", async () => {
    const replica = bench.wish({ restart: "always" });
    const agent = await otherAgent(bench, replica, "started");
    await agent.kill();

    await bench.reopen(); // sees what the killed process left on disk
    const adopted = (await bench.engine.list()).find(({ id }) => id === replica.id);
    expect(adopted).toMatchObject({
      workloadId: replica.workloadId,
      restart: "always",
      state: { kind: "running" },
    });
    const address = addressOf(adopted!);
    await get(address, "/log?count=2");
    await bench.engine.setRestart(replica.id, "never"); // else Docker starts it again before anybody sees the end
    await get(address, "/exit?code=5");
    expect((await bench.ended(replica.id)).exit.code).toBe(5);
    expect((await bench.logOf(replica.id)).map(({ text }) => text)).toEqual(
      expect.arrayContaining(["mode serve", "line 2"]),
    );
  });

  test("wherever in a start the agent is killed, nothing is left that the next one does not know", async () => {
    for (const delayMs of [0, 5, 10, 20, 40, 80, 160, 320]) {
      const replica = bench.wish();
      const agent = await otherAgent(bench, replica, "opened");
      await Bun.sleep(delayMs); // the moment of the kill is what is tried out
      await agent.kill();
      const { id, projectId } = replica;
      // what the killed agent asked a daemon for may still come to be, so the next agent looks again, as agents do
      const isClean = async (): Promise<boolean> => {
        await bench.reopen();
        if ((await bench.engine.list()).some((found) => found.id === id)) await bench.engine.remove(id);
        return (await bench.machine.traces(id, projectId)).length === 0;
      };
      await waitFor(isClean, LONG);
    }
  });
};

/** Another process with an engine on the same data, which starts the replica; returns once it says the word. */
const otherAgent = async (bench: Bench, replica: DesiredReplica, word: string) => {
  bench.created.push(replica.id);
  const task = { options: bench.machine.options, replica, password: bench.machine.registry.password };
  const child = Bun.spawn([process.execPath, new URL("../engine-process.ts", import.meta.url).pathname], {
    stdin: new Blob([JSON.stringify(task)]),
    stdout: "pipe",
    stderr: "inherit",
  });
  const output = child.stdout.getReader(); // never let go of: the child could not write any more
  const decoder = new TextDecoder();
  for (let said = ""; !said.includes(`${word}\n`); ) {
    const { done, value } = await output.read(); // its log comes here too
    if (done) throw new Error(`The other agent ended before it said "${word}": ${said}`);
    said += decoder.decode(value);
  }
  return {
    async kill() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
};
