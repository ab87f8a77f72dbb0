import { expect, test } from "bun:test";
import { createReleases } from "../src/service/releases.ts";
import { lookAtRetention } from "../src/service/retention.ts";
import type { Service } from "../src/service.ts";
import { ADA, BY_ADA } from "./bench.ts";
import { sharedBench } from "./shared-bench.ts";

const shared = sharedBench();

/** Deploys the service with a variable and an image of this number. */
const release = async (service: Service, number: number): Promise<void> => {
  const { bench } = shared;
  await bench.variables.set(service, { RELEASE: `number ${number}` }, BY_ADA);
  const deployment = await bench.deploys.start(service, { what: "source" }, ADA);
  await bench.settle();
  bench.succeedBuild(deployment.id, { digest: digestOf(number) });
  await bench.pass();
  bench.endRollout(service.workloadId, { state: "succeeded" });
  await bench.pass();
};

const digestOf = (number: number): string => `sha256:${number.toString(16).padStart(64, "0")}`;

/** What runs, as it was asked of the clusters app. */
const running = (service: Service) => {
  const wanted = shared.bench.rollouts.get(service.workloadId)?.wanted;
  if (wanted === undefined) throw new Error("nothing runs");
  const { env, files, hosts, release: what } = wanted;
  const variables = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.reveal()]));
  return { number: what.number, image: what.image, settings: what.settings, variables, files, hosts };
};

test("of fifty releases the first, kept by hand, is what it was after all that is old was collected", async () => {
  const { bench } = shared;
  const service = await bench.newService();
  await release(service, 1);
  const first = running(service);
  expect(first).toMatchObject({ image: { digest: digestOf(1) }, variables: { RELEASE: "number 1" } });
  await createReleases(bench.sql).keep(service, 1, true);
  for (let number = 2; number <= 50; number += 1) await release(service, number);
  expect(running(service)).toMatchObject({ number: 50, variables: { RELEASE: "number 50" } });
  const parts = { sql: bench.sql, images: bench.outside.images, rule: () => ({ keptCount: 20, keepDays: 0 }) };
  await lookAtRetention(parts, service.workloadId);
  const rows = await bench.sql<{ number: number }[]>`
    select number from deployments.releases
    where workload_id = ${service.workloadId} and collected_at is not null and image_released_at is not null
    order by number`;
  // The first; the twenty before the live one and the one before that.
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 27 }, (_, index) => index + 2));
  expect(bench.pins.size).toBe(23);
  await bench.deploys.rollback(await bench.reload(service), 1, ADA);
  await bench.settle();
  bench.endRollout(service.workloadId, { state: "succeeded" });
  await bench.pass();
  expect(running(service)).toEqual(first);
  expect((await bench.reload(service)).currentReleaseId).toBe(
    (await bench.reads.listReleases(service, { limit: 100 })).items.at(-1)?.id ?? null,
  );
}, 60_000);
