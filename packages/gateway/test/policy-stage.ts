import { join } from "node:path";
import type { RoutePolicy } from "@homeport/kit/registry/policy.ts";
import type { WorkloadRoute } from "@homeport/kit/registry/record.ts";
import { adminSocket } from "../src/config.ts";
import type { Gateway } from "../src/index.ts";
import { hostPolicy, writePolicies } from "./faults/policies.ts";
import { admin, Fixture, WorkloadServer } from "./fixture.ts";
import { RawClient } from "./raw-client.ts";
import { RawUpstream } from "./raw-upstream.ts";
import { target, workload } from "./records.ts";
import { until } from "./until.ts";

/** A gateway with one workload at app.localhost, whose upstream and policy each test brings. */
export class PolicyStage {
  private revision = 0;

  private constructor(
    readonly fixture: Fixture,
    private readonly dataDir: string,
    private readonly gateway: Gateway,
    private readonly workloads: WorkloadServer,
  ) {}

  static async open(): Promise<PolicyStage> {
    const fixture = await Fixture.open();
    const dataDir = await fixture.folder();
    const gateway = await fixture.gateway({ dataDir });
    return new PolicyStage(fixture, dataDir, gateway, new WorkloadServer(fixture, dataDir));
  }

  /** Serves an upstream that answers like this, under this policy. */
  async serve(
    policy: RoutePolicy,
    onData: Parameters<typeof RawUpstream.start>[0],
  ): Promise<{ upstream: RawUpstream; route: WorkloadRoute }> {
    const upstream = await this.startUpstream(onData);
    const route = workload(["app.localhost"], [target(upstream.port)]);
    await this.serveRoute(policy, route);
    return { upstream, route };
  }

  async serveRoute(policy: RoutePolicy, route: WorkloadRoute): Promise<void> {
    await this.workloads.serve(route);
    const revision = ++this.revision;
    await writePolicies(this.fixture.redis, revision, [hostPolicy("app.localhost", policy)]);
    await until("the policy is known", async () => {
      const { policyRevision } = await admin<{ policyRevision: number | null }>(this.dataDir, "/table");
      return policyRevision === revision;
    });
  }

  async startUpstream(onData: Parameters<typeof RawUpstream.start>[0]): Promise<RawUpstream> {
    const upstream = await RawUpstream.start(onData);
    this.fixture.defer(() => upstream.stop());
    return upstream;
  }

  connect(): Promise<RawClient> {
    return RawClient.connect(this.gateway.port);
  }

  /** A counter of the route's, by its name in /metrics. */
  async count(name: string, { workloadId }: WorkloadRoute): Promise<number> {
    const socket = adminSocket(join(this.dataDir, "run"));
    const metrics = await (await fetch("http://gateway/metrics", { unix: socket })).text();
    return Number(new RegExp(`${name}\\{app="${workloadId}"\\} (\\d+)`).exec(metrics)?.[1]);
  }

  close(): Promise<void> {
    return this.fixture.close();
  }
}
