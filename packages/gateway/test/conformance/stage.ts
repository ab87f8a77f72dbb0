import type { WorkloadRoute } from "@homeport/kit/registry/record.ts";
import type { Gateway, GatewayConfig } from "../../src/index.ts";
import { Fixture, WorkloadServer } from "../fixture.ts";
import { RawClient } from "../raw-client.ts";
import { type Connection, RawUpstream } from "../raw-upstream.ts";
import { target, workload } from "../records.ts";
import { type Answer, waitForAnswers } from "./answers.ts";
import { requestOf } from "./request-bytes.ts";

/** A gateway with one workload, whose upstream each test brings. */
export class Stage {
  private readonly clients: RawClient[] = [];

  private constructor(
    readonly fixture: Fixture,
    readonly gateway: Gateway,
    private readonly workloads: WorkloadServer,
  ) {}

  static async open(config: Partial<GatewayConfig> = {}): Promise<Stage> {
    const fixture = await Fixture.open();
    const dataDir = await fixture.folder();
    const gateway = await fixture.gateway({ dataDir, ...config });
    return new Stage(fixture, gateway, new WorkloadServer(fixture, dataDir));
  }

  /** Serves the upstream at app.localhost, instead of whatever the last test had there. */
  async serve(upstream: RawUpstream): Promise<RawUpstream> {
    this.fixture.defer(() => upstream.stop());
    await this.serveRoutes(workload(["app.localhost"], [target(upstream.port)]));
    return upstream;
  }

  serveRoutes(...routes: WorkloadRoute[]): Promise<void> {
    return this.workloads.serve(...routes);
  }

  async serveAnswer(bytes: string): Promise<RawUpstream> {
    return this.serve(await RawUpstream.answering(bytes));
  }

  async serveThat(onData: (connection: Connection) => void): Promise<RawUpstream> {
    return this.serve(await RawUpstream.start(onData));
  }

  /** A new connection; `hangUp` ends it at the latest. */
  async connect(): Promise<RawClient> {
    const client = await RawClient.connect(this.gateway.port);
    this.clients.push(client);
    return client;
  }

  /** Sends on a new connection, waits for one whole answer, and ends the connection. */
  async ask(line: string, ...lines: string[]): Promise<Answer> {
    const client = await this.connect();
    client.send(requestOf(line, ...lines));
    const [answer] = await waitForAnswers(client, line.split(" ")[0] ?? "GET");
    client.socket.destroy();
    if (answer === undefined) throw new Error("No answer came.");
    return answer;
  }

  /** Ends every connection that is still open. */
  hangUp(): void {
    for (const client of this.clients.splice(0)) client.socket.destroy();
  }

  close(): Promise<void> {
    this.hangUp();
    return this.fixture.close();
  }
}
