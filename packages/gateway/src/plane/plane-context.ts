import type { FailureLog } from "../failure-log.ts";
import { RequestHead } from "../http1/request-head.ts";
import { ResponseHead } from "../http1/response-head.ts";
import type { ProxyObserver, ProxyRules } from "../proxy.ts";
import type { Exchange } from "./exchange.ts";
import { HeadWriter } from "./head-writer.ts";
import type { LiveRoutes } from "./live-routes.ts";
import { RequestIds } from "./request-ids.ts";

export type Timeouts = {
  /** For the head of a request to arrive. */
  headMs: number;
  /** Between two requests on one connection. */
  keepAliveMs: number;
  /** Until the connection to a target stands; unless the route's policy says otherwise, like the next. */
  connectMs: number;
  /** From the last byte of the request to the head of the response. */
  responseMs: number;
  /** Without a byte of the response body, event streams excepted. */
  bodyIdleMs: number;
};

export type Limits = {
  /** Of one client address at once; further ones are closed at once. */
  connectionsPerClient: number;
  /** Of a request's body, where the route's policy says nothing. */
  bodyBytes: number;
};

export type ContextOptions = {
  timeouts: Timeouts;
  limits: Limits;
  rules: ProxyRules;
  observer: ProxyObserver;
  failureLog: FailureLog;
  /** Monotonic milliseconds. */
  now: () => number;
  isTrustedProxy: (address: string) => boolean;
};

/** What all connections of one process share. Heads are read and written here one at a time, without making objects. */
export class PlaneContext {
  readonly requestHead = new RequestHead();
  readonly responseHead = new ResponseHead();
  readonly writer = new HeadWriter();
  readonly ids = new RequestIds();
  /** Monotonic milliseconds of the last event that mattered; good enough for deadlines. */
  time = 0;
  /** Whose request `requestHead` holds now. */
  headOwner: Exchange | null = null;
  /** Connections end with their present request. */
  isDraining = false;
  /** Connections without a request end at once. */
  endsIdle = false;
  readonly timeouts: Timeouts;
  readonly limits: Limits;
  readonly rules: ProxyRules;
  readonly observer: ProxyObserver;
  readonly failureLog: FailureLog;
  readonly now: () => number;
  readonly isTrustedProxy: (address: string) => boolean;
  /** Set once, right after this object: the two need each other. */
  routes!: LiveRoutes;

  constructor(options: ContextOptions) {
    this.timeouts = options.timeouts;
    this.limits = options.limits;
    this.rules = options.rules;
    this.observer = options.observer;
    this.failureLog = options.failureLog;
    this.now = options.now;
    this.isTrustedProxy = options.isTrustedProxy;
  }
}
