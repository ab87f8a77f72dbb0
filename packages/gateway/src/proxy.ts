import type { Reply } from "./error-pages.ts";
import type { Failure } from "./failure.ts";
import type { Host } from "./host.ts";
import type { RequestHead } from "./http1/request-head.ts";
import type { Outcome, RouteStats } from "./observe/route-stats.ts";
import type { Policy } from "./policies/policy-request.ts";
import type { Route } from "./table.ts";

/** What a Host header stands for in the table that is served. */
export type HostMeaning = {
  readonly host: Host;
  /** The Host header as it came, in lower case. */
  readonly authority: string;
  readonly isPlatform: boolean;
  /** Whose host it is; null: paths decide on platform hosts, elsewhere nobody. */
  readonly route: Route | null;
  readonly policy: Policy | null;
};

/** What is done with a request: passed on to one of the route's targets, or answered here, which tells whose request it was. */
export type Decision = Route | { readonly kind: "answer"; readonly reply: Reply; readonly owner: Route | null };

/**
 * What the data plane asks for each request. Everything it needs to know about routes, pages and policies is here, so that
 * it never learns what an app or a workload is.
 */
export interface ProxyRules {
  /** Null when the value is no host. Stays true until `tableVersion` changes. */
  meaningOf(hostHeader: string): HostMeaning | null;
  readonly tableVersion: number;
  /** Before the policy: answers that do not depend on who asks (challenges of certificate authorities, health). */
  answerFirst(head: RequestHead, meaning: HostMeaning): Decision | null;
  /** Also asked again before a retry, since the table may have changed meanwhile. */
  decide(head: RequestHead, meaning: HostMeaning, request: { requestId(): string }): Decision;
  refuse(failure: Failure, accept: string | null, requestId: string): Reply;
}

/** One request that is over, as the data plane tells it. Valid during the call only. */
export interface FinishedRequest {
  readonly outcome: Outcome;
  /** Of the answer; 0 when none was sent. */
  readonly status: number;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** From its head to its end. */
  readonly durationMs: number;
  readonly bytesOut: number;
  readonly clientAddress: string;
  requestId(): string;
  method(): string;
  host(): string;
  /** Without the query. */
  path(): string;
}

/** What the data plane tells for counting. */
export interface ProxyObserver {
  /** Of requests that no route was found for. */
  readonly gatewayStats: RouteStats;
  finished(stats: RouteStats, request: FinishedRequest): void;
  retried(): void;
  failed(kind: Failure["kind"]): void;
  /** A mistake of ours that ended one connection. */
  caught(err: unknown): void;
}

export type StopOptions = {
  /** How long running requests may go on. */
  graceMs: number;
  /**
   * Another process serves the port now: connections that are idle get their next answer with `Connection: close` instead of
   * being closed under a request that is on its way.
   */
  hasSuccessor: boolean;
};

/** A listener and the connections behind it: the reverse proxy itself. */
export interface DataPlane {
  /** Called once. `tlsPort`: null without TLS. @throws when an address cannot be listened on. */
  listen(): Promise<{ port: number; tlsPort: number | null }>;
  /** A new table is served: idle connections to targets other than `keys` are closed, running requests finish. */
  retain(keys: ReadonlySet<string>): void;
  readonly isListening: boolean;
  /** Of clients. */
  readonly connectionCount: number;
  /** Stops accepting, lets running requests finish, then cuts what is left. */
  stop(options: StopOptions): Promise<void>;
}
