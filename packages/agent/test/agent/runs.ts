import { expect, test } from "bun:test";
import type { DesiredReplica } from "@homeport/clusters/contract.ts";
import { newId } from "@homeport/kit/ids.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import { openEngine } from "../engine-options.ts";
import { type AgentBench, LONG } from "./agent-bench.ts";

/** Commands that are run once, restart policies, and what a crash loop is called. */
export const testRuns = (bench: AgentBench): void => {
  const runOf = (env: Record<string, string>, changes: Partial<DesiredReplica> = {}): DesiredReplica => {
    const id = newId() as string;
    const health = { kind: "none" as const };
    return bench.wish({ id, kind: "run", health, logStream: `run.${id}`, env: { REPLICA: id, ...env }, ...changes });
  };
  const linesOf = (run: DesiredReplica): string[] => bench.sink.linesOf(run.logStream ?? "");

  test("a run ends with its exit code and its lines, and goes when it is told no more", async () => {
    const [good, bad] = [runOf({ MODE: "once" }), runOf({ MODE: "once", CODE: "4" })];
    bench.control.want(good, bad);
    const done = await bench.until(good, "exited");
    expect(done).toMatchObject({ exitCode: 0, restarts: 0 });
    expect(done).not.toHaveProperty("reason");
    const failed = await bench.until(bad, "exited");
    expect(failed).toMatchObject({ exitCode: 4, reason: { code: "crashed", exitCode: 4 } });
    expect(failed.reason?.message).toContain("The command stopped with exit code 4");
    expect(failed.reason?.lastLines).toContain("work done");
    await waitFor(() => linesOf(good).includes("work done") && linesOf(bad).includes("work done"), LONG);
    expect(bench.sink.linesOf(`runtime.${good.workloadId}`)).toEqual([]);
    bench.control.want();
    await waitFor(async () => (await bench.agent.engine.list()).length === 0, LONG);
  });

  test("a run that takes longer than it may is ended, and that is its reason", async () => {
    const run = runOf({ MODE: "silent" }, { timeoutSeconds: 1, graceSeconds: 1 });
    bench.control.want(run);
    const seen = await bench.until(run, "exited", "failed");
    expect(seen.state).toBe("failed"); // though it ended with exit code 0
    expect(seen.reason?.code).toBe("run_timed_out");
    expect(seen.reason?.message).toContain("limit of 1 seconds");
  });

  test("a run is not probed and has no name", async () => {
    const run = runOf({});
    const web = bench.wish({ projectId: run.projectId, serviceSlug: "web" });
    bench.control.want(run, web);
    await Promise.all([bench.until(run, "running"), bench.until(web, "ready")]);
    expect(bench.control.history(run.id)).not.toContain("ready");
    expect(await bench.ask(web, `/fetch?url=${encodeURIComponent(`http://${run.serviceSlug}:${run.port}/`)}`)).not.toBe(
      "here",
    );
  });

  test("a run that is called off is stopped and gone", async () => {
    const run = runOf({});
    bench.control.want(run);
    await bench.until(run, "running");
    bench.control.want({ ...run, desired: "stopped" });
    await bench.until(run, "stopped");
    expect(await bench.agent.engine.list()).toEqual([]);
  });

  test("a run never begins twice, and how it ended stays known when what is left of it is taken away", async () => {
    const run = runOf({ MODE: "once", CODE: "4" });
    bench.control.want(run);
    await bench.until(run, "exited");
    await waitFor(() => linesOf(run).includes("work done"), LONG);
    await bench.agent.engine.remove(run.id);
    const known = bench.control.reports.length;
    await bench.restart();
    const web = bench.wish();
    bench.control.want(run, web);
    await bench.until(web, "ready"); // by now the next agent has looked at the run too
    expect(bench.control.reports.length).toBeGreaterThan(known);
    expect(bench.control.seen(run.id)).toMatchObject({ state: "exited", exitCode: 4, reason: { exitCode: 4 } });
    expect(linesOf(run).filter((line) => line === "work done")).toHaveLength(1);
  });

  test("a run of which nothing is left, and nobody knows how it ended, has failed and does not begin again", async () => {
    const run = runOf({});
    bench.control.want(run);
    await bench.until(run, "running");
    await bench.agent.stop(); // nobody sees it go
    const engine = await openEngine(bench.engineOptions());
    await engine.remove(run.id);
    await engine.close();
    await bench.start();
    const lost = await bench.until(run, "failed");
    expect(lost.reason?.code).toBe("run_lost");
    expect(await bench.agent.engine.list()).toEqual([]);
  });

  test("a service that is started again on failure comes back after an error, and rests after a good end", async () => {
    const replica = bench.wish();
    bench.control.want(replica);
    await bench.until(replica, "ready");
    bench.control.want({ ...replica, restart: "on-failure" });
    await waitFor(async () => (await bench.agent.engine.inspect(replica.id))?.restart === "on-failure", LONG);
    await bench.ask(replica, "/exit?code=1");
    await waitFor(() => {
      const seen = bench.control.seen(replica.id);
      return seen?.state === "ready" && seen.restarts > 0;
    }, LONG);
    await bench.ask(replica, "/exit?code=0");
    const seen = await bench.until(replica, "exited");
    expect(seen.exitCode).toBe(0);
    expect(seen).not.toHaveProperty("reason");
    bench.control.want({ ...replica, restart: "on-failure" }, bench.wish());
    await waitFor(() => bench.control.reports.at(-1)?.replicas.length === 2, LONG);
    expect(bench.control.seen(replica.id)?.state).toBe("exited");
  });

  test("a service that crashes again and again says how often in what time, and goes on", async () => {
    const replica = bench.wish({ restart: "always", env: { MODE: "crash" } });
    bench.control.want(replica);
    const seen = await waitFor(() => {
      const now = bench.control.seen(replica.id);
      return now?.reason?.message.includes("times in") ? now : false;
    }, LONG);
    expect(seen.reason).toMatchObject({ code: "crashed", exitCode: 3 });
    expect(seen.reason?.message).toMatch(/It has ended \d+ times in (a second|\d+ (seconds|minutes))/);
    expect(seen.reason?.lastLines).toContain("last words");
    const { restarts } = seen;
    await waitFor(() => (bench.control.seen(replica.id)?.restarts ?? 0) > restarts, LONG);
  });

  test("a service that listens on another port is told which", async () => {
    const health = { kind: "http" as const, path: "/health", timeoutSeconds: 3, intervalSeconds: 1 };
    const replica = bench.wish({ env: { MODE: "elsewhere" }, health });
    bench.control.want(replica);
    const { reason } = await bench.until(replica, "failed");
    expect(reason?.code).toBe("not_listening");
    expect(reason?.message).toMatch(/It listens on \d+, not on PORT \d+\./);
    expect(reason?.lastLines).toContain("mode elsewhere");
  });

  test("a program for another kind of machine is told as such", async () => {
    const replica = bench.wish({ command: ["/app/not-a-program"] });
    bench.control.want(replica);
    const { reason } = await bench.until(replica, "exited", "failed");
    expect(reason?.message).toMatch(/made for another/);
  });
};
