import type { z } from "zod";
import type { GatewayConfig } from "../config.ts";
import { FailureLog } from "../failure-log.ts";
import type { Observer } from "../observe/observer.ts";
import type { TrafficLedger } from "../observe/traffic-ledger.ts";
import { AddressRanges } from "../policies/cidr.ts";
import type { ProxyRules } from "../proxy.ts";
import type { CertificateStore } from "../tls/certificate-store.ts";
import { LiveRoutes } from "./live-routes.ts";
import { PlaneContext } from "./plane-context.ts";
import { RawPlane } from "./raw-plane.ts";

export type PlaneOptions = {
  config: z.output<typeof GatewayConfig>;
  rules: ProxyRules;
  observer: Observer;
  traffic: TrafficLedger;
  certificates: CertificateStore;
};

/** Puts the data plane together. It listens when it is told to. */
export function openPlane({ config, rules, observer, traffic, certificates }: PlaneOptions) {
  const now = () => performance.now();
  const trusted = AddressRanges.parse(config.trustedProxies);
  const context = new PlaneContext({
    timeouts: config.timeouts,
    limits: config.limits,
    rules,
    observer,
    failureLog: new FailureLog(now),
    now,
    isTrustedProxy: (address) => trusted.includes(address),
  });
  const live = new LiveRoutes(context, {
    statsOf: (route) => observer.statsOf(route),
    countsOf: (route) => traffic.countsOf(route),
    targetCountsOf: (route, target) => traffic.targetCountsOf(route, target),
  });
  context.routes = live;
  const { host, port, reusePort, proxyProtocol } = config;
  const tls = config.tls === undefined ? null : { port: config.tls.port, certificates };
  const plane = new RawPlane({ host, port, reusePort, expectsProxyProtocol: proxyProtocol, tls }, context, live);
  return { plane, live };
}
