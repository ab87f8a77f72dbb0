import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate, migratePlatform } from "@homeport/kit/db/migrate.ts";
import { newId, type WorkloadId } from "@homeport/kit/ids.ts";
import { emptyDatabase, type TestDatabase } from "@homeport/kit/test/database.ts";
import { listReleases } from "../src/store/releases.ts";
import { listReplicas } from "../src/store/replicas.ts";
import { findWorkload } from "../src/store/workloads.ts";

const MIGRATIONS = join(import.meta.dir, "../src/migrations");
let database: TestDatabase;
let earlier: string;
beforeAll(async () => {
  database = await emptyDatabase();
  earlier = mkdtempSync(join(tmpdir(), "homeport-clusters-"));
  for (const file of readdirSync(MIGRATIONS)) {
    if (/^000[123]_/.test(file)) cpSync(join(MIGRATIONS, file), join(earlier, file));
  }
}, 60_000);
afterAll(async () => {
  await database.drop();
  rmSync(earlier, { recursive: true });
});

test("a workload of one replica in the middle of a rollout is what it was, with what has come since", async () => {
  const { admin, secret } = database;
  await migratePlatform(admin);
  await migrate({ admin, app: "clusters", dir: earlier, secret });
  const [id, node, organisation] = [newId<WorkloadId>(), newId(), newId()];
  const spec = {
    releaseId: newId(),
    number: 1,
    image: { reference: "docker.io/library/nginx:1.27" },
    port: 3000,
    health: { kind: "none" },
    resources: {},
    hosts: [],
    stabilitySeconds: 1,
    graceSeconds: 5,
  };
  await admin`
    insert into clusters.nodes (id, name, engine, engine_version, version, cpus, memory_mib, last_seen_at)
    values (${node}, 'n', 'process', '1', '1', 1, 1, now())`;
  await admin`
    insert into clusters.workloads (id, organisation_id, project_id, project_slug, service_slug, generation,
      rollout_state, rollout_started_at, serving_generation, serving_since, hosts)
    values (${id}, ${organisation}, ${newId()}, 'shop', 'api', 2, 'running', now(), 1, now(), '{}')`;
  for (const generation of [1, 2]) {
    const role = generation === 1 ? "serving" : "candidate";
    await admin`
      insert into clusters.releases (workload_id, organisation_id, generation, release_id, number, spec, sealed_env)
      values (${id}, ${organisation}, ${generation}, ${spec.releaseId}, 1, ${admin.json(spec)}, 'x')`;
    await admin`
      insert into clusters.replicas (id, workload_id, generation, node_id, role, state_since, created_at)
      values (${newId()}, ${id}, ${generation}, ${node}, ${role}, now(), now())`;
  }
  await migrate({ admin, app: "clusters", dir: MIGRATIONS, secret });
  expect(await findWorkload(admin, id)).toMatchObject({
    rollout: { state: "running", phase: { at: "starting" } },
    serving: { generation: 1 },
    offSince: null,
    repairs: { count: 0, notBefore: null },
  });
  expect((await listReplicas(admin, id)).map(({ role, ordinal, exitCode }) => ({ role, ordinal, exitCode }))).toEqual([
    { role: "serving", ordinal: 0, exitCode: null },
    { role: "candidate", ordinal: 0, exitCode: null },
  ]);
  expect((await listReleases(admin, id)).get(2)).toMatchObject({
    kind: "service",
    replicas: 1,
    strategy: { kind: "rolling" },
    restart: "always",
    volumes: [],
  });
}, 60_000);
