import { join } from "node:path";
import type { Sql } from "@homeport/kit/db/connect.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import type { OrganisationId } from "@homeport/kit/ids.ts";
import { createLogger } from "@homeport/kit/log.ts";
import { type TestDatabase, testDatabase } from "@homeport/kit/test/database.ts";
import { testKeyring } from "@homeport/kit/test/keyring.ts";
import type { Actor } from "../src/actor.ts";
import type { Deployment } from "../src/deployment.ts";
import type { Release } from "../src/release.ts";
import type { Caller } from "../src/service/caller.ts";
import { createChanges } from "../src/service/changes.ts";
import { createDeploys } from "../src/service/deploy.ts";
import { createProjects } from "../src/service/projects.ts";
import { createReads } from "../src/service/reads.ts";
import { createRenameProject } from "../src/service/rename-project.ts";
import { createServices } from "../src/service/services.ts";
import { takeStep } from "../src/service/step.ts";
import type { StepContext } from "../src/service/step-context.ts";
import { createTeardowns } from "../src/service/teardown.ts";
import { createVariables } from "../src/service/variables.ts";
import type { Service } from "../src/service.ts";
import { defaultSettings } from "../src/settings.ts";
import type { Source } from "../src/source.ts";
import { findDeployment } from "../src/store/deployments.ts";
import { findRelease } from "../src/store/releases.ts";
import { findService } from "../src/store/services.ts";
import { type ClaimedStep, claimSteps, releaseStep } from "../src/store/steps.ts";
import { Crashed, createOutside, type FakeOutside } from "./outside.ts";

export const GIT: Source = { kind: "git", url: "https://example.com/shop/api.git", ref: "main" };
export const ADA: Actor = { kind: "person", id: Bun.randomUUIDv7(), name: "Ada" };
/** Ada, who may do anything. */
export const BY_ADA: Caller = { actor: ADA, may: () => true };

/** The use cases on a real database, the other apps in memory, and time that only moves when a test says so. */
export type Bench = FakeOutside & {
  database: TestDatabase;
  sql: Sql;
  scope: Scope;
  context: StepContext;
  /** From now on the process dies (or no longer dies) after each step, before it gives the step back. */
  dieAfterSteps(dies: boolean): void;
  projects: ReturnType<typeof createProjects>;
  services: ReturnType<typeof createServices>;
  deploys: ReturnType<typeof createDeploys>;
  variables: ReturnType<typeof createVariables>;
  changes: ReturnType<typeof createChanges>;
  renameProject: ReturnType<typeof createRenameProject>;
  reads: ReturnType<typeof createReads>;
  /** A service in a project of its own. */
  newService(source?: Source): Promise<Service>;
  /** The service as it is by now. */
  reload(service: Service): Promise<Service>;
  get(deployment: Deployment): Promise<Deployment>;
  releaseOf(deployment: Deployment): Promise<Release | null>;
  /** Takes every step that is due, and what becomes due with it; a crash leaves its lease behind. */
  settle(): Promise<void>;
  /** Lets the time pass that a waiting step or a dead process's lease takes. */
  pass(): Promise<void>;
  /** Deploys and runs until the deployment is live. */
  deployLive(service: Service): Promise<Deployment>;
  eventsOf(deployment: Deployment): Promise<string[]>;
};

export const startBench = async (): Promise<Bench> => {
  const database = await testDatabase([{ app: "deployments", dir: join(import.meta.dir, "../src/migrations") }]);
  const sql = database.connect("deployments");
  const fake = createOutside();
  const organisationId = Bun.randomUUIDv7() as OrganisationId;
  const scope: Scope = { organisationId, organisationSlug: "home", projectIds: null } as unknown as Scope;
  const keys = testKeyring();
  const urls = { baseDomain: "localhost", appUrl: new URL("http://localhost:3000") };
  const context: StepContext = { sql, keys, outside: fake.outside, baseDomain: "localhost", urls };
  const teardowns = createTeardowns({ sql, log: createLogger("test") }, fake.outside);
  const applying = { sql, keys, urls, wake: () => {}, teardowns };
  let count = 0;
  let diesAfterSteps = false;

  const runOne = async (step: ClaimedStep): Promise<void> => {
    try {
      const waitMs = await takeStep(context, step);
      if (!diesAfterSteps) await releaseStep(sql, step, waitMs, false);
    } catch (err) {
      if (err instanceof Crashed) return; // the lease stays, as of a dead process
      await releaseStep(sql, step, 60_000, true);
    }
  };

  const bench: Bench = {
    ...fake,
    database,
    sql,
    scope,
    context,
    dieAfterSteps(dies) {
      diesAfterSteps = dies;
    },
    projects: createProjects(sql),
    services: createServices(applying),
    deploys: createDeploys(sql, () => {}),
    variables: createVariables(applying),
    changes: createChanges(applying),
    renameProject: createRenameProject(applying),
    reads: createReads(sql),
    async newService(source = GIT) {
      count += 1;
      const project = await bench.projects.create(scope, `shop${count}`, ADA);
      return bench.services.create(scope, project, { slug: "api", source, settings: defaultSettings() }, BY_ADA);
    },
    async reload({ projectId, id }) {
      const found = await findService(sql, scope, projectId, id);
      if (found === null) throw new Error("the service is gone");
      return found;
    },
    async get({ workloadId, id }) {
      const found = await findDeployment(sql, workloadId, id);
      if (found === null) throw new Error("the deployment is gone");
      return found;
    },
    async releaseOf(deployment) {
      const { workloadId, releaseId } = await bench.get(deployment);
      return releaseId === null ? null : findRelease(sql, workloadId, releaseId);
    },
    async settle() {
      for (let steps = await claimSteps(sql, 10); steps.length > 0; steps = await claimSteps(sql, 10)) {
        for (const step of steps) await runOne(step);
      }
    },
    async pass() {
      await sql`
        update deployments.deployments set
          lease_until = lease_until - interval '1 hour',
          step_at = case when step_at = 'infinity' then step_at else now() end
        where finished_at is null`;
      await bench.settle();
    },
    async deployLive(service) {
      const deployment = await bench.deploys.start(service, { what: "source" }, ADA);
      await bench.settle();
      if (service.source.kind === "git") fake.succeedBuild(deployment.id);
      await bench.pass();
      fake.endRollout(service.workloadId, { state: "succeeded" });
      await bench.pass();
      return bench.get(deployment);
    },
    async eventsOf({ id }) {
      const rows = await database.admin<{ type: string }[]>`
        select type from platform.events where subject = ${id} order by id`;
      return rows.map(({ type }) => type.replace("deployments.deployment.", ""));
    },
  };
  return bench;
};
