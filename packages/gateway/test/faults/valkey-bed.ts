import { admin, Fixture } from "../fixture.ts";
import { appRecord, target, workload } from "../records.ts";
import { until } from "../until.ts";
import { ConfiguredGateway } from "./configured-gateway.ts";
import { EchoApp } from "./echo-app.ts";
import { BEAT_MS, Platform } from "./platform.ts";
import { hostPolicy } from "./policies.ts";

export const SHOP = "shop.localhost";
export const PLATFORM = "platform.test";
const MOVED = "moved.localhost";
/** The gateway reads every 5 s and waits 3 s for an answer. */
const NOTICED_MS = 12_000;

/** A gateway with a workload, an app and a policy, all written to Valkey by what writes them in production. */
export class ValkeyBed {
  private newApps = 0;

  private constructor(
    readonly fixture: Fixture,
    readonly app: EchoApp,
    readonly platform: Platform,
    readonly gateway: ConfiguredGateway,
  ) {}

  static async open(): Promise<ValkeyBed> {
    const fixture = await Fixture.open();
    try {
      return await ValkeyBed.start(fixture);
    } catch (err) {
      await fixture.close();
      throw err;
    }
  }

  private static async start(fixture: Fixture): Promise<ValkeyBed> {
    const app = new EchoApp();
    fixture.defer(() => app.kill());
    const gateway = await ConfiguredGateway.start(fixture);
    const redirects = [{ from: "/*", to: "https://elsewhere.example/*", status: 308 as const }];
    const workloads = [workload([SHOP], [target(app.port)]), workload([MOVED], [target(app.port)])];
    const platform = new Platform(fixture, workloads, [hostPolicy(MOVED, { redirects })]);
    const bed = new ValkeyBed(fixture, app, platform, gateway);
    await platform.startApp(appRecord({ id: "app", baseUrl: app.baseUrl, routes: ["/app"] }));
    await until("all is served", () => bed.isServing(), 2 * BEAT_MS);
    return bed;
  }

  /** Whether the workload and the app answer, and the policy does. */
  async isServing({ port } = this.gateway): Promise<boolean> {
    const all = [statusOf(port, SHOP, "/2"), statusOf(port, PLATFORM, "/app/2"), statusOf(port, MOVED, "/2")];
    return Bun.deepEquals(await Promise.all(all), [200, 200, 308]);
  }

  /** Begins to beat for a new app, whether Valkey answers or not; resolves with how to ask whether it is routed. */
  startNewApp(): () => Promise<boolean> {
    const id = `new-${++this.newApps}`;
    const { baseUrl } = this.app;
    void this.platform.startApp(appRecord({ id, baseUrl, routes: [`/${id}`] }));
    return async () => (await statusOf(this.gateway.port, PLATFORM, `/${id}/2`)) === 200;
  }

  async valkeyPid(): Promise<number> {
    return Number(/^process_id:(\d+)/m.exec(await this.fixture.redis.info("server"))?.[1]);
  }

  untilNoticed(): Promise<number> {
    const isDown = async () => (await admin<{ valkey: string }>(this.gateway.dataDir, "/healthz")).valkey === "down";
    return until("the gateway knows that Valkey is away", isDown, NOTICED_MS);
  }

  close(): Promise<void> {
    return this.fixture.close();
  }
}

async function statusOf(port: number, host: string, path: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { host }, redirect: "manual" });
  await response.arrayBuffer();
  return response.status;
}
