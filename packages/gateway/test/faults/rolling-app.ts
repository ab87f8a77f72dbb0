import { join } from "node:path";
import type { AppRecord } from "@homeport/kit/registry/record.ts";
import type { Fixture } from "../fixture.ts";
import { appRecord, beat, leave } from "../records.ts";
import { until } from "../until.ts";
import { EchoApp } from "./echo-app.ts";
import type { WorkerTables } from "./worker-tables.ts";

const ID = "rolling";
export const PREFIX = "/rolling";
/** An instance that nobody asked for so long is not asked any more. */
const QUIET_MS = 50;

type Instance = { app: EchoApp; record: AppRecord };

/** An app whose instances, by turns on a port and on a unix socket, are replaced one by one, as a rollout does it. */
export class RollingApp {
  private readonly instances: Instance[] = [];
  private startCount = 0;

  constructor(
    private readonly fixture: Fixture,
    private readonly tables: WorkerTables,
  ) {
    fixture.defer(() => Promise.all(this.instances.map(({ app }) => app.kill())));
  }

  /** Resolves when every worker of the gateway has the new instance. */
  async start(): Promise<void> {
    const isOnSocket = ++this.startCount % 2 === 0;
    const app = new EchoApp(isOnSocket ? join(this.fixture.dir, `${ID}-${this.startCount}.sock`) : null);
    const record = appRecord({ id: ID, baseUrl: app.baseUrl, routes: [PREFIX] });
    this.instances.push({ app, record });
    await beat(this.fixture.redis, record);
    await this.tables.untilListed(record.instance, "ready");
  }

  /** Starts a new instance, then has the oldest one finish and leave. */
  async replaceOldest(): Promise<void> {
    await this.start();
    const { app, record } = this.instances[0] as Instance;
    await beat(this.fixture.redis, { ...record, state: "draining" });
    await this.tables.untilListed(record.instance, "draining");
    await until("nobody asks the old instance any more", () => app.idleMs > QUIET_MS);
    await app.stop();
    await leave(this.fixture.redis, record);
    this.instances.shift();
  }
}
