import type { StepTraffic } from "@homeport/clusters/traffic.ts";
import type { ReleaseSpec } from "@homeport/clusters/workload.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import type { Target } from "@homeport/kit/registry/record.ts";
import { revisionServed } from "./checks.ts";
import { controllerOf } from "./controller-process.ts";
import { isCut } from "./network.ts";
import { createProcess, type Process } from "./process.ts";
import { later, msOf, newIdOf, note, type World } from "./world.ts";

export type Table = { revision: number; targets: ReadonlyMap<WorkloadId, readonly Target[]> };

/**
 * What Valkey holds: the routes, replaced whole and never by an older revision (`replaceHash`; clusters/test/routes.test.ts,
 * "an older table never replaces a newer one"), and what gateways say they serve, each for as long as its lease.
 */
export type Published = {
  table: Table | null;
  gateways: Map<string, { revision: number; writtenAt: number }>;
  /** When it last lost everything. */
  wipedAt: number;
};

export type Gateway = {
  process: Process;
  instance: string;
  table: Table;
  /** On its disk. */
  saved: Table;
  /** How long it takes to apply what it read. */
  slowMs: number;
  /** Whether it has found a table in Valkey since it started; until then it serves what is on its disk. */
  hasRead: boolean;
};

const POLL_MS = 5_000;
const LEASE_MS = 15_000;
const CHECK_MS = 3_000;
const BEAT_MS = 10_000;
const NO_TABLE: Table = { revision: 0, targets: new Map() };

const readTable = ({ clusters }: World): Table => ({
  revision: clusters.revision,
  targets: new Map(
    [...clusters.workloads.values()].flatMap(({ id, removing, targets }) => (removing ? [] : [[id, targets]])),
  ),
});

/** Has a process of the clusters app publish the routes; it may be overtaken between reading and writing. */
export const scheduleLook = (world: World, by: Process): void => {
  const controller = controllerOf(world, by);
  later(world, by, world.random.int(0, 5), () => {
    const table = readTable(world);
    later(world, by, world.random.int(1, world.isStormy ? 60 : 10), () => {
      if (isCut(world, by)) return;
      const there = world.valkey.table;
      if (there !== null && there.revision > table.revision) return;
      world.valkey.table = table;
      controller.published = { revision: table.revision, beatAt: world.now + BEAT_MS };
      for (const gateway of world.gateways) {
        if (world.isStormy && world.random.chance(0.1)) continue; // it reads by itself some time
        later(world, gateway.process, world.random.int(1, 10), () => read(world, gateway));
      }
    });
  });
};

/** `createHashPublisher`: at each beat, and when what is published is not what was. */
export const keepPublishing = (world: World, by: Process): void => {
  later(world, by, CHECK_MS, () => {
    const { published } = controllerOf(world, by);
    if (world.now >= published.beatAt || world.valkey.table?.revision !== published.revision) scheduleLook(world, by);
    keepPublishing(world, by);
  });
};

export const addGateway = (world: World, name: string): void => {
  const process = createProcess(name, "gateway");
  const slowMs = world.random.chance(0.2) ? world.random.int(200, 3_000) : world.random.int(1, 30);
  const gateway: Gateway = { process, instance: "", table: NO_TABLE, saved: NO_TABLE, slowMs, hasRead: false };
  process.begin = () => {
    gateway.instance = newIdOf(world, "g");
    gateway.table = gateway.saved;
    gateway.hasRead = !isCut(world, process) && world.valkey.table !== null;
    if (!isCut(world, process)) apply(world, gateway, world.valkey.table); // before it listens
    announce(world, gateway);
    poll(world, gateway);
  };
  world.processes.push(process);
  world.gateways.push(gateway);
  process.begin();
};

const poll = (world: World, gateway: Gateway): void =>
  later(world, gateway.process, POLL_MS, () => {
    read(world, gateway);
    announce(world, gateway);
    poll(world, gateway);
  });

const read = (world: World, gateway: Gateway): void => {
  if (isCut(world, gateway.process)) return;
  const { table } = world.valkey;
  if (table === null) return;
  if (table.revision === gateway.table.revision) {
    gateway.hasRead = true;
    return;
  }
  later(world, gateway.process, world.random.int(1, gateway.slowMs), () => {
    if (apply(world, gateway, table))
      later(world, gateway.process, world.random.int(1, 10), () => announce(world, gateway));
  });
};

const apply = (world: World, gateway: Gateway, table: Table | null): boolean => {
  if (table === null || table.revision <= gateway.table.revision) return false;
  gateway.table = table;
  gateway.saved = table;
  world.isChanged = true;
  gateway.hasRead = true;
  revisionServed(world, gateway);
  if (world.trace !== null) note(world, `${gateway.process.name} serves revision ${table.revision}`);
  return true;
};

const announce = (world: World, { process, instance, table }: Gateway): void => {
  if (isCut(world, process)) return;
  world.valkey.gateways.set(instance, { revision: table.revision, writtenAt: world.now });
};

/** Records of gateways go when nobody renews them. */
export const expireGateways = (world: World): void => {
  for (const [instance, { writtenAt }] of world.valkey.gateways)
    if (world.now - writtenAt > LEASE_MS) world.valkey.gateways.delete(instance);
};

/** Requests for each side of a canary in a second. */
const REQUESTS_PER_SECOND = 40;

/** What gateways counted of a canary: all requests of one that errs go wrong. Their counters are not simulated. */
export const stepTrafficOf = (world: World, { releaseId }: ReleaseSpec, since: Date, now: Date): StepTraffic => {
  const requests = Math.max(0, Math.floor(((msOf(now) - msOf(since)) * REQUESTS_PER_SECOND) / 1000));
  const errs = world.behaviours.get(releaseId)?.fate === "errs";
  return { canary: { requests, errors: errs ? requests : 0 }, stable: { requests, errors: 0 }, isComplete: true };
};
