import { afterAll, afterEach, beforeAll } from "bun:test";
import type { Deployment } from "../src/deployment.ts";
import type { Service } from "../src/service.ts";
import type { Source } from "../src/source.ts";
import { ADA, type Bench, startBench } from "./bench.ts";

/** A bench for the tests of one file, clean again after each. */
export const sharedBench = () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench();
  }, 60_000);
  afterAll(() => bench?.database.drop());
  afterEach(async () => {
    bench.away.clear();
    bench.setOutput("process");
    bench.dieAfterSteps(false);
    bench.calls.length = 0;
    await bench.sql`update deployments.deployments set state = 'failed', finished_at = now() where finished_at is null`;
  });
  return {
    get bench(): Bench {
      return bench;
    },
    start: async (source?: Source): Promise<{ service: Service; deployment: Deployment }> => {
      const service = await bench.newService(source);
      const deployment = await bench.deploys.start(service, { what: "source" }, ADA);
      await bench.settle();
      return { service, deployment };
    },
    stateOf: async (deployment: Deployment) => (await bench.get(deployment)).state,
    generationOf: (service: Service) => bench.rollouts.get(service.workloadId)?.generation,
  };
};
