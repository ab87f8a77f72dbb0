import { afterAll, beforeAll, expect, test } from "bun:test";
import type { ServiceId } from "@homeport/kit/ids.ts";
import type { Change } from "../src/change.ts";
import type { Project } from "../src/project.ts";
import type { Service } from "../src/service.ts";
import { defaultSettings } from "../src/settings.ts";
import { ADA, type Bench, BY_ADA, startBench } from "./bench.ts";
import { ownEnv } from "./own-env.ts";
import {
  act,
  copyModel,
  type Deed,
  envOf,
  keyOf,
  type Model,
  type Place,
  type Said,
  written,
} from "./variables-model.ts";

const SEQUENCES = 200;
const STEPS = 10;

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
}, 60_000);
afterAll(() => bench?.database.drop());

/** Numbers that look random and come again with their seed (mulberry32). */
const randomOf = (seed: number) => {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (max: number) => Math.floor(next() * max);
  return { below, pick: <T>(items: readonly T[]): T => items[below(items.length)] as T };
};

/** Texts, and names that refer to texts: no chain is longer than one. */
const TEXTS = ["T1", "T2"];
const REFERRING = ["R1", "R2"];

const run = async (seed: number): Promise<void> => {
  const random = randomOf(seed);
  const image = { kind: "image", reference: "home/cache:7" } as const;
  const project = await bench.projects.create(bench.scope, `p${seed}`, ADA);
  const made = await Promise.all(
    ["a", "b"].map((slug) =>
      bench.services.create(bench.scope, project, { slug, source: image, settings: defaultSettings() }, BY_ADA),
    ),
  );
  const ids = made.map(({ id }) => id);
  const model: Model = {
    project: project.slug,
    slugs: new Map(made.map(({ id, slug }) => [id, slug])),
    said: new Map(),
  };
  let draft: Deed[] = [];
  /** What each release was made of, by workload and number. */
  const releases = new Map<string, Record<string, string>>();
  let names = 0;

  const asChange = (seen: Model, deed: Deed): Change => {
    const scope = (place: Place) =>
      place === "project"
        ? ({ kind: "project" } as const)
        : ({ kind: "workload", service: place, environment: "production" } as const);
    switch (deed.do) {
      case "set":
        return { op: "variable.set", scope: scope(deed.place), name: deed.name, value: written(seen, deed.said) };
      case "unset":
        return { op: "variable.unset", scope: scope(deed.place), name: deed.name };
      case "rename":
        return { op: "service.update", service: deed.service, slug: deed.slug };
      case "rename-project":
        return { op: "project.update", slug: deed.slug };
    }
  };

  const deedFor = (seen: Model): Deed => {
    const place = random.pick<Place>(["project", ...ids]);
    const kind = random.below(10);
    names += 1;
    if (kind === 0) return { do: "rename", service: random.pick(ids), slug: `s${names}` };
    if (kind === 1) return { do: "rename-project", slug: `p${seed}-${names}` };
    const isText = random.below(2) === 0;
    const name = random.pick(isText ? TEXTS : REFERRING);
    if (kind < 4 && seen.said.has(keyOf(place, name))) return { do: "unset", place, name };
    const refers: Said = { service: random.pick(ids), name: random.pick([...TEXTS, "HOST"]) };
    return { do: "set", place, name, said: isText ? { text: `v${names} $${"{"}{` } : refers };
  };

  const direct = async (deed: Deed): Promise<void> => {
    const service = deed.do === "rename" ? await current(deed.service) : null;
    if (deed.do === "set" || deed.do === "unset") {
      const scope =
        deed.place === "project"
          ? ({ kind: "project" } as const)
          : ({ kind: "workload", service: deed.place, environment: "production" } as const);
      if (deed.do === "unset") await bench.variables.unsetIn(project.id, scope, [deed.name], BY_ADA);
      else await bench.variables.setIn(project.id, scope, { [deed.name]: written(model, deed.said) }, BY_ADA);
    } else if (deed.do === "rename-project") {
      await bench.renameProject(bench.scope, project, deed.slug, BY_ADA);
    } else if (service !== null) {
      await bench.services.update(bench.scope, service, { slug: deed.slug }, BY_ADA);
    }
    act(model, deed);
  };

  const current = (id: ServiceId): Promise<Service> => bench.reload({ projectId: project.id, id } as Service);

  const planned = (): Model => {
    const seen = copyModel(model);
    for (const deed of draft) act(seen, deed);
    return seen;
  };

  const stage = async (): Promise<void> => {
    const seen = planned();
    const deed = deedFor(seen);
    await bench.changes.stage(project, [asChange(seen, deed)], BY_ADA);
    draft.push(deed);
  };

  const apply = async (): Promise<void> => {
    if (draft.length === 0) return;
    const { conflicts } = await bench.changes.draft(project, BY_ADA);
    const resolve = Object.fromEntries(conflicts.map(({ changeId }) => [changeId, "mine" as const]));
    await bench.changes.apply(project, { resolve, message: "", deploy: "none" }, BY_ADA);
    for (const deed of draft) act(model, deed);
    draft = [];
  };

  const discard = async (): Promise<void> => {
    await bench.changes.discard(project, undefined, BY_ADA);
    draft = [];
  };

  const redeploy = async (): Promise<void> => {
    const service = await current(random.pick(ids));
    const wanted = envOf(model, service.id);
    const deployment = await bench.deploys.start(service, { what: "source" }, ADA);
    await bench.settle();
    const { state, reason } = await bench.get(deployment);
    if (wanted === null) {
      expect([state, reason?.message ?? ""]).toEqual(["failed", expect.stringContaining("no such variable")]);
      return;
    }
    await succeed(service);
    expect((await bench.get(deployment)).state).toBe("live");
    const release = await bench.releaseOf(deployment);
    releases.set(`${service.id} ${release?.number}`, wanted);
    expect(running(service)).toEqual(wanted);
  };

  const rollback = async (): Promise<void> => {
    const service = await current(random.pick(ids));
    const before = await listed(project);
    const deployment = await bench.deploys.rollback(service, undefined, ADA).catch(() => null);
    if (deployment === null) return; // nothing to go back to
    await bench.settle();
    await succeed(service);
    const release = await bench.releaseOf(deployment);
    expect(running(service)).toEqual(releases.get(`${service.id} ${release?.number}`) ?? {});
    expect(await listed(project)).toEqual(before);
  };

  const succeed = async (service: Service): Promise<void> => {
    bench.endRollout(service.workloadId, { state: "succeeded" });
    await bench.pass();
  };

  const running = (service: Service): Record<string, string> => {
    const env = bench.rollouts.get(service.workloadId)?.wanted.env ?? {};
    return ownEnv(Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.reveal()])));
  };

  const listed = async ({ id }: Project): Promise<string[]> => {
    const rows = await bench.sql<{ key: string }[]>`
      select coalesce(w.service_id::text, 'project') || ' ' || v.name as key
      from deployments.variables v left join deployments.workloads w on w.id = v.workload_id
      where v.project_id = ${id}`;
    return rows.map(({ key }) => key).sort();
  };

  const deeds = [
    () => direct(deedFor(model)),
    () => direct(deedFor(model)),
    stage,
    stage,
    stage,
    apply,
    discard,
    redeploy,
    rollback,
  ];
  for (let step = 0; step < STEPS; step += 1) {
    await random.pick(deeds)();
    expect(await listed(project)).toEqual([...model.said.keys()].sort());
  }
  await apply();
  await redeploy();
  expect(await listed(project)).toEqual([...model.said.keys()].sort());
};

test(`no sequence of changes, drafts, deployments and rollbacks loses a variable or brings one back (${SEQUENCES} sequences)`, async () => {
  for (let seed = 1; seed <= SEQUENCES; seed += 1) {
    try {
      await run(seed);
    } catch (err) {
      throw new Error(`Sequence with seed ${seed} went wrong.`, { cause: err });
    }
  }
}, 240_000);
