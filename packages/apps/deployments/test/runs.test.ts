import { afterEach, describe, expect, test } from "bun:test";
import type { RunId } from "@homeport/kit/ids.ts";
import type { OneOff } from "../src/run.ts";
import { createOneOffs } from "../src/service/one-offs.ts";
import { stepRun } from "../src/service/step-run.ts";
import type { Service } from "../src/service.ts";
import { claimRuns, releaseRun } from "../src/store/runs.ts";
import { ADA, BY_ADA } from "./bench.ts";
import { sharedBench } from "./shared-bench.ts";

const shared = sharedBench();
const TIMEOUT = { timeoutSeconds: 60 };

const oneOffs = () => createOneOffs(shared.bench.sql, shared.bench.context.keys, () => {});

/** Looks at every run that is due; `again` lets the time pass that one waits. */
const settle = async (again = false): Promise<void> => {
  const { sql, context } = shared.bench;
  if (again) await sql`update deployments.runs set step_at = now() where finished_at is null`;
  for (const run of await claimRuns(sql, 10)) {
    try {
      await releaseRun(sql, run, await stepRun(context, run), false);
    } catch {
      await releaseRun(sql, run, 0, true);
    }
  }
};

const live = async (): Promise<Service> => {
  const { bench } = shared;
  const service = await bench.newService();
  await bench.variables.set(service, { DATABASE_PASSWORD: "hunter2-hunter2" }, BY_ADA);
  await bench.deployLive(service);
  return bench.reload(service);
};
const asArgv = (...argv: string[]) => ({ argv, ...TIMEOUT });
const start = async (service: Service, ...argv: string[]): Promise<OneOff> => {
  const run = await oneOffs().create(service, asArgv(...argv), ADA);
  await settle();
  return run;
};
const now = (service: Service, { id }: OneOff) => oneOffs().get(service, id);

afterEach(async () => {
  await shared.bench.sql`delete from deployments.runs`;
});

describe("a one-off command", () => {
  test("runs in the live release with its variables and ends as it ended", async () => {
    const { bench } = shared;
    const service = await live();
    const run = await start(service, "bun", "migrate.ts");
    const asked = bench.runs.get(run.id);
    expect(asked?.command).toEqual(["bun", "migrate.ts"]);
    expect(asked?.wanted.release.number).toBe(1);
    expect(asked?.wanted.env.DATABASE_PASSWORD?.reveal()).toBe("hunter2-hunter2");
    expect(bench.calls.indexOf("logs.openRun")).toBeLessThan(bench.calls.indexOf("runs.put"));
    bench.endRun(run.id, { state: "underway", startedAt: new Date() });
    await settle(true);
    expect((await now(service, run)).state).toBe("running");
    bench.endRun(run.id, { state: "succeeded" });
    await settle(true);
    expect(await now(service, run)).toMatchObject({ state: "succeeded", exitCode: 0, reason: null });
  });

  test("that fails says how", async () => {
    const service = await live();
    const run = await start(service, "false");
    shared.bench.endRun(run.id, { state: "failed", reason: { code: "exited", message: "It ended.", exitCode: 3 } });
    await settle(true);
    expect(await now(service, run)).toMatchObject({ state: "failed", exitCode: 3, reason: { code: "exited" } });
  });

  test("of one line goes to a shell only when it needs one", async () => {
    const service = await live();
    const plain = await oneOffs().create(service, { command: "bun 'a b'", ...TIMEOUT }, ADA);
    const piped = await oneOffs().create(service, { command: "env | sort", ...TIMEOUT }, ADA);
    await settle();
    expect(shared.bench.runs.get(plain.id)?.command).toEqual(["bun", "a b"]);
    expect(shared.bench.runs.get(piped.id)?.command.slice(1)).toEqual(["-c", "env | sort"]);
  });

  test("shows no value of a variable, in its list, the audit log or the table, and keeps nothing when it is over", async () => {
    const { bench } = shared;
    const service = await live();
    const run = await start(service, "psql", "--password=hunter2-hunter2");
    expect(bench.runs.get(run.id)?.command[1]).toBe("--password=hunter2-hunter2");
    expect((await now(service, run)).command).toEqual(["psql", "--password=•••"]);
    bench.endRun(run.id, { state: "succeeded" });
    await settle(true);
    const [row] = await bench.database.admin`
      select r.argv_sealed, to_jsonb(r)::text as text from deployments.runs r where id = ${run.id}`;
    expect(row?.argv_sealed).toBeNull();
    const told = await bench.database.admin`
      select content as text from platform.audit_entries where content like ${`%${run.id}%`}`;
    expect(told).toHaveLength(1);
    expect(`${row?.text}${told[0]?.text}`).not.toContain("hunter2");
  });

  test("is stopped when somebody cancels it, also before it began", async () => {
    const { bench } = shared;
    const service = await live();
    const run = await start(service, "sleep", "60");
    await oneOffs().cancel(service, run.id);
    await settle();
    expect(await now(service, run)).toMatchObject({ state: "cancelled" });
    const second = await oneOffs().create(service, asArgv("true"), ADA);
    await oneOffs().cancel(service, second.id);
    await settle();
    expect(await now(service, second)).toMatchObject({ state: "cancelled" });
    expect(bench.runs.has(second.id)).toBe(false);
  });

  test("waits while the clusters app is away", async () => {
    const { bench } = shared;
    const service = await live();
    bench.away.add("runs");
    const run = await start(service, "true");
    expect((await now(service, run)).state).toBe("pending");
    bench.away.clear();
    await settle(true);
    expect(bench.runs.has(run.id)).toBe(true);
  });

  test("needs a release that was live: the one that is, or an earlier one by its number", async () => {
    const { bench } = shared;
    const fresh = await bench.newService();
    expect(oneOffs().create(fresh, asArgv("true"), ADA)).rejects.toMatchObject({ code: "conflict" });
    const service = await live();
    await bench.deployLive(service);
    const run = await oneOffs().create(service, { ...asArgv("true"), release: 1 }, ADA);
    expect(run.releaseNumber).toBe(1);
    expect((await oneOffs().create(service, asArgv("true"), ADA)).releaseNumber).toBe(2);
    expect(oneOffs().create(service, { ...asArgv("true"), release: 9 }, ADA)).rejects.toMatchObject({
      code: "not_found",
    });
  });

  test("is one of at most twenty at once", async () => {
    const service = await live();
    for (let i = 0; i < 20; i++) await oneOffs().create(service, asArgv("true"), ADA);
    expect(oneOffs().create(service, asArgv("true"), ADA)).rejects.toMatchObject({ code: "rate_limited" });
  });

  test("of another service is not there", async () => {
    const [one, other] = [await live(), await live()];
    const run = await start(one, "true");
    expect(oneOffs().get(other, run.id as RunId)).rejects.toMatchObject({ code: "not_found" });
  });

  test("is forgotten when a hundred newer ones are over", async () => {
    const { bench } = shared;
    const service = await live();
    const first = await start(service, "true");
    bench.endRun(first.id, { state: "succeeded" });
    await settle(true);
    await bench.sql`
      insert into deployments.runs
        (id, organisation_id, workload_id, release_id, release_number, kind, command, timeout_seconds, state,
          created_by, finished_at)
      select gen_random_uuid(), organisation_id, workload_id, release_id, release_number, kind, command,
        timeout_seconds, state, created_by, now()
      from deployments.runs cross join generate_series(1, 99) where id = ${first.id}`;
    const last = await start(service, "true");
    bench.endRun(last.id, { state: "succeeded" });
    await settle(true);
    expect((await bench.sql`select 1 from deployments.runs where workload_id = ${service.workloadId}`).length).toBe(
      100,
    );
  });
});
