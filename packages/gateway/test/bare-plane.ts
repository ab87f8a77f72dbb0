import { FailureLog } from "../src/failure-log.ts";
import { proxyLog } from "../src/log.ts";
import { RouteStats } from "../src/observe/route-stats.ts";
import { RouteCounts, TargetCounts } from "../src/observe/traffic-counts.ts";
import { ClientConnection } from "../src/plane/client-connection.ts";
import { LiveRoutes } from "../src/plane/live-routes.ts";
import { PlaneContext } from "../src/plane/plane-context.ts";
import type { Upstream } from "../src/plane/upstream.ts";
import type { WireSocket } from "../src/plane/wire-socket.ts";
import type { Policy } from "../src/policies/policy-request.ts";
import type { HostMeaning, ProxyObserver } from "../src/proxy.ts";
import type { Route } from "../src/table.ts";
import type { Address, Target } from "../src/target.ts";

export const TIMEOUTS = {
  headMs: 10_000,
  keepAliveMs: 20_000,
  connectMs: 30_000,
  responseMs: 40_000,
  bodyIdleMs: 50_000,
};

proxyLog.level = "silent";

/** A client's side of a socket: what was written to it, in how many pieces, and whether it is listened to. */
export class MadeUpSocket implements WireSocket {
  readonly remoteAddress = "192.0.2.1";
  readonly pieces: string[] = [];
  isPaused = false;
  isClosed = false;
  /** Whether the client reads, so that there is room for more. */
  takesBytes = true;
  /** Null until the kernel is asked to see now and then whether the client is there. */
  probedAfterMs: number | null = null;

  get text(): string {
    return this.pieces.join("");
  }

  write(bytes: Uint8Array, offset: number, length: number): number {
    if (!this.takesBytes) return 0;
    this.pieces.push(Buffer.from(bytes.buffer, bytes.byteOffset + offset, length).toString("latin1"));
    return length;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  shutdown(): void {}

  end(): void {
    this.isClosed = true;
  }

  terminate(): void {
    this.isClosed = true;
  }

  setKeepAlive(_isEnabled: boolean, initialDelay: number): boolean {
    this.probedAfterMs = initialDelay;
    return true;
  }
}

/** The data plane without a listener and a table: its rules are one route with one policy, its targets are real. */
export class BarePlane {
  private readonly context: PlaneContext;
  private readonly routes: LiveRoutes;
  /** Whose requests all are; another one takes its place as a new table does. */
  meaning: HostMeaning;
  /** The monotonic clock, which stands still. */
  nowMs = 1_000;

  constructor(address: Address, policy: Policy | null = null) {
    this.meaning = meaningOf(address, policy);
    this.context = new PlaneContext({
      timeouts: TIMEOUTS,
      limits: { connectionsPerClient: 100, bodyBytes: 1e9 },
      rules: {
        meaningOf: () => this.meaning,
        tableVersion: 1,
        answerFirst: () => null,
        decide: (_head, { route }) => route ?? { kind: "answer", reply: PAGE, owner: null },
        refuse: () => PAGE,
      },
      observer: new SilentObserver(),
      failureLog: new FailureLog(() => this.nowMs),
      now: () => this.nowMs,
      isTrustedProxy: () => false,
    });
    this.routes = new LiveRoutes(this.context, {
      statsOf: () => new RouteStats("workload", "one"),
      countsOf: () => new RouteCounts(),
      targetCountsOf: () => new TargetCounts(),
    });
    this.context.routes = this.routes;
  }

  /** Serves another target from now on, under the same policy. */
  serve(address: Address): void {
    this.meaning = meaningOf(address, this.meaning.policy);
  }

  get upstream(): Upstream | undefined {
    return this.routes.find(this.meaning.route?.ready[0]?.key ?? "");
  }

  connect(socket: MadeUpSocket): ClientConnection {
    const owner = { ended: () => undefined, closed: () => undefined };
    const peer = { address: socket.remoteAddress, isTls: false, isTrustedProxy: false };
    return new ClientConnection(socket, this.context, owner, peer);
  }
}

const PAGE = { status: 599, headers: [], body: "refused" };

function meaningOf(address: Address, policy: Policy | null): HostMeaning {
  const target: Target = { key: JSON.stringify(address), instance: "one", address, weight: 100 };
  const route: Route = { kind: "workload", id: "one", ready: [target], draining: [] };
  const host = { name: "app.localhost", port: null, isIp: false };
  return { host, authority: host.name, isPlatform: false, route, policy };
}

class SilentObserver implements ProxyObserver {
  readonly gatewayStats = new RouteStats("gateway", null);
  finished(): void {}
  retried(): void {}
  failed(): void {}
  /** @throws {unknown} what was caught: no test expects a mistake of ours */
  caught(err: unknown): void {
    throw err;
  }
}
