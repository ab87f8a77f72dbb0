import type { HostPolicy } from "@homeport/kit/registry/policy.ts";
import { jsonReply, type Reply, renderFailure } from "./error-pages.ts";
import type { Failure } from "./failure.ts";
import { parseHost } from "./host.ts";
import { ACCEPT } from "./http1/fields.ts";
import type { RequestHead } from "./http1/request-head.ts";
import type { Policy } from "./policies/policy-request.ts";
import type { Decision, HostMeaning, ProxyRules } from "./proxy.ts";
import { readPath, readPlainPath } from "./request-path.ts";
import { isPlatformHost, type Route } from "./table.ts";
import type { TableKeeper } from "./table-keeper.ts";

export type RouterOptions = {
  keeper: TableKeeper;
  platformHosts: ReadonlySet<string>;
  baseDomain: string;
  health: () => unknown;
  compile: (policy: HostPolicy) => Policy;
  /** The answer to a certificate authority's challenge at this path, or null. */
  challengeAt: (path: string) => string | null;
};

const HEALTH = "/healthz";
const CHALLENGES = "/.well-known/acme-challenge/";
const DOT = 0x2e;
/** Host headers whose meaning is remembered; more are somebody who makes them up. */
const MAX_REMEMBERED = 20_000;

/** Which route a request takes: first the host among workloads, then, on platform hosts, the path among apps. */
export class Router implements ProxyRules {
  private readonly compiled = new WeakMap<HostPolicy, Policy>();
  private meanings = new Map<string, HostMeaning>();
  private meaningsVersion = -1;

  constructor(private readonly options: RouterOptions) {}

  get tableVersion(): number {
    return this.options.keeper.version;
  }

  meaningOf(hostHeader: string): HostMeaning | null {
    if (this.meaningsVersion !== this.tableVersion || this.meanings.size >= MAX_REMEMBERED) {
      this.meanings = new Map();
      this.meaningsVersion = this.tableVersion;
    }
    const known = this.meanings.get(hostHeader);
    if (known !== undefined) return known;
    const meaning = this.read(hostHeader);
    if (meaning !== null) this.meanings.set(hostHeader, meaning); // what is no host may be long, and is told at once
    return meaning;
  }

  answerFirst(head: RequestHead, { route }: HostMeaning): Decision | null {
    const { bytes, target, pathEnd } = head;
    const isShort = pathEnd - target === HEALTH.length;
    if (bytes[target + 1] !== DOT && !isShort) return null;
    const path = bytes.toString("latin1", target, pathEnd);
    // Load balancers ask by whatever name or address they know; a workload's /healthz is its own.
    if (route === null && path === HEALTH) return answer(jsonReply(200, this.options.health()));
    const challenge = path.startsWith(CHALLENGES) ? this.options.challengeAt(path) : null;
    return challenge === null ? null : answer(textReply(challenge));
  }

  decide(head: RequestHead, meaning: HostMeaning, request: { requestId(): string }): Decision {
    const { host, isPlatform, route } = meaning;
    if (route !== null) return this.forward(route, head, request);
    if (!isPlatform) return this.refuseWith(this.orStarting(this.unknownHost(host.name)), head, request);
    const path = head.bytes.toString("latin1", head.target, head.pathEnd);
    const reading = head.isPathSpecial ? readPath(path) : readPlainPath(path);
    if (reading.kind === "dots") {
      return this.refuseWith({ kind: "malformed", detail: "The path must not contain dot segments." }, head, request);
    }
    const app = reading.kind === "plain" ? this.options.keeper.current.matchPath(reading.path) : null;
    return app === null
      ? this.refuseWith(this.orStarting({ kind: "unknown_path" }), head, request)
      : this.forward(app, head, request);
  }

  refuse(failure: Failure, accept: string | null, requestId: string): Reply {
    return renderFailure(failure, accept, requestId);
  }

  private read(hostHeader: string): HostMeaning | null {
    const host = parseHost(hostHeader);
    if (host === null) return null;
    const { platformHosts, keeper } = this.options;
    const table = keeper.current;
    const isOwn = isPlatformHost(host.name, platformHosts);
    // A wildcard of a tenant's may cover the platform's own name; sessions are sent to that.
    const route = isOwn ? null : table.matchHost(host.name);
    const isPlatform = isOwn || (route === null && host.isIp);
    const policy = isPlatform ? table.platformPolicy : table.matchPolicy(host.name);
    return {
      host,
      authority: hostHeader.toLowerCase(),
      isPlatform,
      route,
      policy: policy === null ? null : this.policyOf(policy),
    };
  }

  /** Compiled once for as long as the record stays the same: passwords and counters are remembered there. */
  private policyOf(record: HostPolicy): Policy {
    let policy = this.compiled.get(record);
    if (policy === undefined) {
      policy = this.options.compile(record);
      this.compiled.set(record, policy);
    }
    return policy;
  }

  private forward(route: Route, head: RequestHead, request: { requestId(): string }): Decision {
    if (route.ready.length > 0) return route;
    return { ...this.refuseWith({ kind: "no_upstream" }, head, request), owner: route };
  }

  private refuseWith(failure: Failure, head: RequestHead, request: { requestId(): string }) {
    const accept = head.fields.find(ACCEPT) === -1 ? null : head.header("accept");
    return answer(renderFailure(failure, accept, request.requestId()));
  }

  private orStarting(failure: Failure): Failure {
    return this.options.keeper.isLoaded ? failure : { kind: "starting" };
  }

  private unknownHost(host: string): Failure {
    return { kind: "unknown_host", host, isUnderBaseDomain: host.endsWith(`.${this.options.baseDomain}`) };
  }
}

function answer(reply: Reply) {
  return { kind: "answer" as const, reply, owner: null };
}

/** RFC 8555 section 8.3 asks for the bare key authorization. */
function textReply(body: string): Reply {
  return { status: 200, headers: [["content-type", "application/octet-stream"]], body };
}
