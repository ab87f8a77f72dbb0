import { expect, test } from "bun:test";
import type { Sql } from "@homeport/kit/db/connect.ts";
import type { DeploymentId } from "@homeport/kit/ids.ts";
import { changeDeployment } from "../src/store/deployments.ts";
import { type ClaimedStep, claimSteps, releaseStep } from "../src/store/steps.ts";
import { ADA } from "./bench.ts";
import { sharedBench } from "./shared-bench.ts";

const world = sharedBench();

const SLOTS = 40;
/** Each is one due step that two steppers want at once. */
const ROUNDS = 10_000;
/** As many as a stepper takes at once. */
const LIMIT = 4;
const TIMEOUT_MS = 120_000;

/** Takes what is due until nothing is, as a stepper does. */
const claimAll = async (sql: Sql): Promise<ClaimedStep[]> => {
  const claimed: ClaimedStep[] = [];
  for (let steps = await claimSteps(sql, LIMIT); steps.length > 0; steps = await claimSteps(sql, LIMIT))
    claimed.push(...steps);
  return claimed;
};

const bothClaim = async (steppers: readonly Sql[]): Promise<ClaimedStep[][]> => Promise.all(steppers.map(claimAll));

/** As if the processes that hold the leases had died, a lease ago. */
const letLeasesRunOut = async (sql: Sql): Promise<void> => {
  await sql`update deployments.deployments set lease_until = now() - interval '1 second' where finished_at is null`;
};

test(
  "two steppers at once take each due step once, in ten thousand of them, and what a lost lease writes is refused",
  async () => {
    const { bench } = world;
    const steppers = [bench.database.connect("deployments"), bench.database.connect("deployments")];
    const ids = new Set<DeploymentId>();
    for (let slot = 0; slot < SLOTS; slot += 1)
      ids.add((await bench.deploys.start(await bench.newService(), { what: "source" }, ADA)).id);
    const shares = [0, 0];
    let doubles = 0;
    let stale: ClaimedStep | undefined;
    for (let round = 0; round < ROUNDS; round += SLOTS) {
      const claims = await bothClaim(steppers);
      const claimed = claims.flat();
      claims.forEach((own, index) => {
        shares[index] = (shares[index] ?? 0) + own.length;
      });
      doubles += claimed.length - new Set(claimed.map(({ id }) => id)).size;
      expect(new Set(claimed.map(({ id }) => id))).toEqual(ids);
      if (stale !== undefined) {
        expect(await changeDeployment(bench.sql, stale.id, stale.leaseToken, { state: "failed" })).toBe(false);
        await releaseStep(bench.sql, stale, 0, false); // nor does it give back what another has
      }
      stale = claimed[round % claimed.length];
      await letLeasesRunOut(bench.sql);
    }
    expect(doubles).toBe(0);
    expect(Math.min(...shares)).toBeGreaterThan(ROUNDS / 100); // both took part, or nothing was tried
    const [last] = await claimSteps(bench.sql, 1);
    expect(last && (await changeDeployment(bench.sql, last.id, last.leaseToken, { state: "building" }))).toBe(true);
  },
  TIMEOUT_MS,
);
