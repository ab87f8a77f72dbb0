import type { Reply } from "./error-pages.ts";
import type { Failure } from "./failure.ts";
import type { RequestHead } from "./request-head.ts";
import type { Route } from "./table.ts";

/**
 * What is done with a request: passed on to one of the route's targets (at least one is ready), or answered here. `owner` is
 * the app or workload whose request it was, or null.
 */
export type Decision = { kind: "forward"; route: Route } | { kind: "answer"; reply: Reply; owner: string | null };

/** What became of a request: the status that was sent, a WebSocket, given up by the client, or cut off by a dying upstream. */
export type Outcome = number | "tunnel" | "aborted" | "cut";

/**
 * What the data plane asks for each request. Everything it needs to know about routes, pages and counting is here, so that
 * another data plane (bytes over raw TCP) replaces this one without touching them.
 */
export interface ProxyRules {
  /** Also asked again before a retry, since the table may have changed meanwhile. */
  decide(head: RequestHead, requestId: string): Decision;
  refuse(failure: Failure, accept: string | null, requestId: string): Reply;
}

/** What the data plane tells for counting: each request starts and finishes once. */
export interface ProxyEvents {
  started(): void;
  finished(owner: string | null, outcome: Outcome): void;
  retried(): void;
  failed(kind: Failure["kind"]): void;
}

/** A listener and the connections behind it: the reverse proxy itself. */
export interface DataPlane {
  /** Called once. @throws when the address cannot be listened on. */
  listen(): Promise<{ host: string; port: number }>;
  /** Targets that left the table: idle connections to everything else than `keys` are closed, running requests finish. */
  retain(keys: ReadonlySet<string>): void;
  readonly isListening: boolean;
  /** Stops accepting, lets running requests finish for up to `graceMs`, then cuts what is left. */
  stop(graceMs: number): Promise<void>;
}
