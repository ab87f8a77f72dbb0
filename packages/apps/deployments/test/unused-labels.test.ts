import { expect, test } from "bun:test";
import { createReleases } from "../src/service/releases.ts";
import { lookAtRetention } from "../src/service/retention.ts";
import type { Service } from "../src/service.ts";
import { retireBranchLabels } from "../src/store/host-labels.ts";
import { ADA } from "./bench.ts";
import { sharedBench } from "./shared-bench.ts";

const shared = sharedBench();

const deployBranch = async (service: Service, branch: string): Promise<string> => {
  const { bench } = shared;
  const deployment = await bench.deploys.start(service, { what: "source" }, ADA);
  await bench.settle();
  bench.succeedBuild(deployment.id, { branch });
  await bench.pass();
  bench.endRollout(service.workloadId, { state: "succeeded" });
  await bench.pass();
  return `${service.hostLabel}-${deployment.id.slice(-8)}`;
};

const look = ({ workloadId }: Service) =>
  lookAtRetention(
    { sql: shared.bench.sql, images: shared.bench.outside.images, rule: () => ({ keptCount: 1, keepDays: 0 }) },
    workloadId,
  );

const labels = async ({ workloadId, hostLabel }: Service): Promise<string[]> => {
  const rows = await shared.bench.sql<{ label: string }[]>`
    select label from deployments.host_labels where workload_id = ${workloadId} order by created_at, label`;
  return rows.map(({ label }) => label.replace(hostLabel, "*")).toSorted();
};

const short = (service: Service, label: string) => label.replace(service.hostLabel, "*");

test("addresses of branches and deployments go with the last release that is kept for them, the service's own stays", async () => {
  const { bench } = shared;
  const service = await bench.newService();
  const byHand = await deployBranch(service, "kept");
  await createReleases(bench.sql).keep(service, 1, true);
  await deployBranch(service, "old");
  const rest: string[] = [];
  for (let n = 0; n < 3; n += 1) rest.push(await deployBranch(service, "main"));
  expect(await labels(service)).toHaveLength(9);
  await look(service);
  expect(await labels(service)).toEqual(
    ["*", "*-branch-kept", "*-branch-main", ...[byHand, ...rest].map((each) => short(service, each))].toSorted(),
  );
  // Whoever deploys the branch again gets the same address again.
  await deployBranch(service, "old");
  expect(await labels(service)).toContain("*-branch-old");
});

test("the address of a deleted branch goes once nothing that is live answers to it", async () => {
  const { bench } = shared;
  const service = await bench.newService();
  await deployBranch(service, "next");
  await bench.sql.begin((tx) => retireBranchLabels(tx, [service.workloadId], "next"));
  await look(service);
  expect(await labels(service)).toContain("*-branch-next");
  await bench.sql`update deployments.releases set state = 'superseded' where workload_id = ${service.workloadId}`;
  await look(service);
  expect(await labels(service)).not.toContain("*-branch-next");
});

test("an address that a release is just being made for is not taken away, and its maker is not waited for", async () => {
  const { bench } = shared;
  const service = await bench.newService();
  await bench.sql`
    insert into deployments.host_labels (label, organisation_id, workload_id, kind, reference)
    values (${`${service.hostLabel}-branch-x`}, ${service.organisationId}, ${service.workloadId}, 'branch', 'x')`;
  await bench.sql.begin(async (tx) => {
    await tx`update deployments.host_labels set retired_at = null where workload_id = ${service.workloadId}`;
    await look(service);
  });
  expect(await labels(service)).toContain("*-branch-x");
  await look(service);
  expect(await labels(service)).toEqual(["*"]);
});
