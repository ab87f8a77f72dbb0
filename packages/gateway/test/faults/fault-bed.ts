import { join } from "node:path";
import type { HostPolicy, RoutePolicy } from "@homeport/kit/registry/policy.ts";
import type { WorkloadRoute } from "@homeport/kit/registry/record.ts";
import { adminSocket } from "../../src/config.ts";
import type { GatewayConfig } from "../../src/index.ts";
import { admin, Fixture } from "../fixture.ts";
import { RawClient } from "../raw-client.ts";
import { target, workload, writeWorkloads } from "../records.ts";
import { until } from "../until.ts";
import { ConfiguredGateway } from "./configured-gateway.ts";
import { EchoApp } from "./echo-app.ts";
import { hostPolicy, writePolicies } from "./policies.ts";
import { SteadyLoad } from "./steady-load.ts";

const NEIGHBOUR = "neighbour.localhost";
const PER_SECOND = 300;
const CONNECTIONS = 20;
/** Code is compiled and buffers have their size after so many requests: growth before that is no leak. */
const WARM_UP_REQUESTS = 600;
const ALLOWED_GROWTH_MIB = 50;
/** For a moment: the collector lets 50 to 160 MiB of bytes that were passed on pile up before it looks. */
const ALLOWED_PEAK_MIB = 250;

/** A gateway process with a healthy service that is asked at a fixed rate while others, or clients, misbehave. */
export class FaultBed {
  private readonly routes = new Map<string, WorkloadRoute>();
  private readonly policies = new Map<string, HostPolicy>();
  private readonly clients: RawClient[] = [];
  private revision = 0;
  private answeredBefore = 0;

  private constructor(
    readonly fixture: Fixture,
    readonly gateway: ConfiguredGateway,
    readonly load: SteadyLoad,
  ) {}

  static async open(config: Partial<GatewayConfig> = {}): Promise<FaultBed> {
    const fixture = await Fixture.open();
    try {
      return await FaultBed.start(fixture, config);
    } catch (err) {
      await fixture.close();
      throw err;
    }
  }

  private static async start(fixture: Fixture, config: Partial<GatewayConfig>): Promise<FaultBed> {
    const gateway = await ConfiguredGateway.start(fixture, config);
    const app = new EchoApp();
    fixture.defer(() => app.kill());
    const neighbour = workload([NEIGHBOUR], [target(app.port)]);
    await writeWorkloads(fixture.redis, 0, [neighbour]);
    await until("the neighbour is served", async () => (await tableOf(gateway)).revision === 0);
    const { port } = gateway;
    const load = new SteadyLoad({ port, host: NEIGHBOUR, perSecond: PER_SECOND, connections: CONNECTIONS });
    fixture.defer(() => load.end());
    const bed = new FaultBed(fixture, gateway, load);
    bed.routes.set(NEIGHBOUR, neighbour);
    await until("the gateway is warm", () => load.answered >= WARM_UP_REQUESTS, 10_000);
    return bed;
  }

  /** Serves what listens on the port under a host of its own, with its policy. Resolves when the gateway has both. */
  async serve(host: string, port: number, policy: RoutePolicy): Promise<void> {
    this.routes.set(host, workload([host], [target(port)]));
    this.policies.set(host, hostPolicy(host, policy));
    await this.publish();
  }

  /** Has all targets of the host finish what they have. */
  async drain(host: string): Promise<void> {
    const route = this.routes.get(host);
    if (route === undefined) throw new Error(`Nothing is served at ${host}.`);
    const targets = route.targets.map((one) => ({ ...one, state: "draining" as const }));
    this.routes.set(host, { ...route, targets });
    await this.publish();
  }

  /** New connections; `hangUp` ends them at the latest. */
  async connect(count: number): Promise<RawClient[]> {
    const clients = await Promise.all(Array.from({ length: count }, () => RawClient.connect(this.gateway.port)));
    this.clients.push(...clients);
    return clients;
  }

  /** How many clients are connected. */
  async connectionCount(): Promise<number> {
    const socket = adminSocket(join(this.gateway.dataDir, "run"));
    const metrics = await (await fetch("http://gateway/metrics", { unix: socket })).text();
    return Number(/^homeport_gateway_connections (\d+)$/m.exec(metrics)?.[1]);
  }

  hangUp(): void {
    for (const client of this.clients.splice(0)) client.socket.destroy();
  }

  /** From here on `harm` counts. */
  async begin(): Promise<void> {
    this.answeredBefore = this.load.answered;
    this.load.forget();
    await this.gateway.markMemory();
  }

  /** What the neighbour's clients and the machine had to bear since `begin`, in sentences; none if all is well. */
  async harm(): Promise<string[]> {
    const { load, gateway } = this;
    await until("the neighbour was asked meanwhile", () => load.answered > this.answeredBefore + CONNECTIONS);
    await load.settled();
    const [peakMiB, growthMiB] = [await gateway.peakGrowthMiB(), await gateway.settledGrowthMiB(ALLOWED_GROWTH_MIB)];
    return [
      ...load.failures.slice(0, 20).map(({ request, what }) => `${request}: ${what}`),
      ...(load.silentCloses > 0 ? [`${load.silentCloses} of the neighbour's clients were cut off.`] : []),
      ...(peakMiB > ALLOWED_PEAK_MIB ? [`The gateway grew by ${peakMiB.toFixed(1)} MiB for a moment.`] : []),
      ...(growthMiB > ALLOWED_GROWTH_MIB ? [`The gateway grew by ${growthMiB.toFixed(1)} MiB.`] : []),
    ];
  }

  close(): Promise<void> {
    this.hangUp();
    return this.fixture.close();
  }

  private async publish(): Promise<void> {
    const revision = ++this.revision;
    await writePolicies(this.fixture.redis, revision, [...this.policies.values()]);
    await writeWorkloads(this.fixture.redis, revision, [...this.routes.values()]);
    await until("the gateway has the routes and the policies", async () => {
      const table = await tableOf(this.gateway);
      return table.revision === revision && table.policyRevision === revision;
    });
  }
}

const tableOf = ({ dataDir }: ConfiguredGateway) =>
  admin<{ revision: number | null; policyRevision: number | null }>(dataDir, "/table");
