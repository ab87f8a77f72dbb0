import { jsonReply, type Reply, renderFailure } from "./error-pages.ts";
import type { Failure } from "./failure.ts";
import type { Decision, ProxyRules } from "./proxy.ts";
import type { RequestHead } from "./request-head.ts";
import { readPath } from "./request-path.ts";
import { isPlatformHost, type Route } from "./table.ts";
import type { TableKeeper } from "./table-keeper.ts";

export type RouterOptions = {
  keeper: TableKeeper;
  platformHosts: ReadonlySet<string>;
  baseDomain: string;
  health: () => unknown;
};

/** Which route a request takes: first the host among workloads, then, on platform hosts, the path among apps. */
export class Router implements ProxyRules {
  constructor(private readonly options: RouterOptions) {}

  decide(head: RequestHead, requestId: string): Decision {
    const isPlatform = isPlatformHost(head.host.name, this.options.platformHosts);
    // A wildcard of a tenant's may cover the platform's own name; sessions are sent to that.
    const workload = isPlatform ? null : this.options.keeper.current.matchHost(head.host.name);
    if (workload !== null) return this.forward(workload, head, requestId);
    const reading = readPath(head.target);
    // Before the host is looked at: load balancers ask by whatever name or address they know.
    if (reading.kind === "plain" && reading.path === "/healthz") {
      return { kind: "answer", reply: jsonReply(200, this.options.health()), owner: null };
    }
    if (!head.host.isIp && !isPlatform) {
      return this.answer(this.orStarting(this.unknownHost(head.host.name)), head, requestId);
    }
    if (reading.kind === "dots") {
      return this.answer({ kind: "malformed", detail: "The path must not contain dot segments." }, head, requestId);
    }
    const app = reading.kind === "plain" ? this.options.keeper.current.matchPath(reading.path) : null;
    return app === null
      ? this.answer(this.orStarting({ kind: "unknown_path" }), head, requestId)
      : this.forward(app, head, requestId);
  }

  refuse(failure: Failure, accept: string | null, requestId: string): Reply {
    return renderFailure(failure, accept, requestId);
  }

  private forward(route: Route, head: RequestHead, requestId: string): Decision {
    if (route.ready.length > 0) return { kind: "forward", route };
    return this.answer({ kind: "no_upstream" }, head, requestId, route.id);
  }

  private answer(failure: Failure, head: RequestHead, requestId: string, owner: string | null = null): Decision {
    return { kind: "answer", reply: renderFailure(failure, head.accept, requestId), owner };
  }

  private orStarting(failure: Failure): Failure {
    return this.options.keeper.isLoaded ? failure : { kind: "starting" };
  }

  private unknownHost(host: string): Failure {
    return { kind: "unknown_host", host, isUnderBaseDomain: host.endsWith(`.${this.options.baseDomain}`) };
  }
}
