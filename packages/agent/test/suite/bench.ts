import type { Address, DesiredReplica } from "@homeport/clusters/contract.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { waitFor } from "../../../kit/test/wait-for.ts";
import type { ContainerEngine, Credentials, EngineReplica, LogEntry } from "../../src/ports.ts";
import { openEngine } from "../engine-options.ts";
import type { Machine } from "../machine.ts";
import { replicaOf } from "../replica.ts";

export const LONG = { timeoutMs: 20_000 };
export const NEVER = new AbortController().signal;

/** One engine on one machine, and the handles that tests use again and again. */
export class Bench {
  machine!: Machine;
  engine!: ContainerEngine;
  /** Replicas to remove after the test. */
  readonly created: string[] = [];

  /** Tests are declared before there is a machine. */
  async open(machine: Machine): Promise<void> {
    this.machine = machine;
    this.engine = await openEngine(machine.options);
  }

  get credentials(): Credentials {
    return { username: "agent", password: new Secret(this.machine.registry.password) };
  }

  wish(changes: Partial<DesiredReplica> = {}): DesiredReplica {
    return replicaOf(this.machine.image, changes);
  }

  async start(replica: DesiredReplica): Promise<Address> {
    return addressOf(await this.pullAndStart(replica));
  }

  async pullAndStart(replica: DesiredReplica): Promise<EngineReplica> {
    this.created.push(replica.id);
    await this.engine.pull(replica.image, this.credentials, NEVER);
    return this.engine.start(replica);
  }

  ended(id: string) {
    return waitFor(async () => {
      const state = (await this.engine.inspect(id))?.state;
      return state?.kind === "exited" ? state : false;
    }, LONG);
  }

  /** The log of a replica that has ended. */
  async logOf(id: string, cursor: string | null = null): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    for await (const entry of this.engine.logs(id, cursor, NEVER)) entries.push(entry);
    return entries;
  }

  /** What the next agent process would do. */
  async reopen(): Promise<void> {
    await this.engine.close();
    this.engine = await openEngine(this.machine.options);
  }

  async tidy(): Promise<void> {
    await Promise.all(this.created.splice(0).map((id) => this.engine.remove(id)));
  }
}

export const addressOf = (replica: EngineReplica): Address => {
  if (replica.state.kind === "running" && replica.state.address !== null) return replica.state.address;
  throw new Error("The replica has no address.");
};

/** Asks until the server listens. */
export const get = ({ host, port }: Address, path: string): Promise<Response> =>
  waitFor(
    () =>
      fetch(`http://${host}:${port}${path}`, {
        signal: AbortSignal.timeout(15_000),
        headers: { connection: "close" },
      }),
    LONG,
  );

/** Order between the two streams of a log is not promised. */
export const sorted = (entries: LogEntry[]): string[] => entries.map(({ stream, text }) => `${stream} ${text}`).sort();

export const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (err: unknown) => err,
  );
