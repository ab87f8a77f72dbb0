import type { GatewayStatus } from "@homeport/kit/registry/gateway-status.ts";
import { reportOf, requestOf, routeOf, targetOf } from "./reports.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS + 60_000).toISOString();
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

export const SHOP_ID = "01990000-0000-7000-8000-000000000001";

const routes = [
  routeOf(SHOP_ID, {
    kind: "workload",
    addresses: ["api-shop.localhost", "*.preview.shop.example"],
    targets: [
      targetOf("r1", { address: "10.0.3.17:41250", outstanding: 4 }),
      targetOf("r2", { address: "10.0.3.18:41251", isEjected: true, weight: 50 }),
    ],
    requests: 128_412,
    classes: [0, 127_000, 800, 560, 52],
    aborted: 7,
    cut: 2,
    tunnels: 31,
    bytesIn: 48_000_000,
    bytesOut: 7_400_000_000,
    p50Ms: 3.2,
    p99Ms: 184,
  }),
  routeOf("deployments", {
    addresses: ["/projects", "/api/v1/deployments"],
    targets: [targetOf("d1"), targetOf("d2", { isRestored: true, address: "unix:/run/homeport/deployments-old.sock" })],
    requests: 912,
    classes: [0, 900, 12, 0, 0],
    p50Ms: 8,
    p99Ms: 41,
    bytesOut: 9_300_000,
  }),
  routeOf("docs", { targets: [targetOf("x1", { state: "draining" })] }),
  routeOf("idle", {}),
  routeOf(null, { kind: "gateway", addresses: [], requests: 40, classes: [0, 10, 0, 30, 0], p50Ms: 0, p99Ms: 1 }),
];

/** Two workers with something of everything. */
export const busyReports = (): GatewayStatus[] => {
  const common: Partial<GatewayStatus> = {
    routes,
    routeCount: 5,
    hostCount: 2,
    warnings: [
      { kind: "refused", subject: "/shop", detail: "The app storefront wants it; catalogue has it since 08:12." },
      { kind: "policy", subject: "api-shop.localhost", detail: "maxBodyBytes: expected a number." },
      { kind: "restored", subject: "unix:/run/homeport/deployments-old.sock", detail: "Read from the saved table." },
    ],
    warningCount: 5,
    certificates: [
      { names: ["shop.example", "www.shop.example"], source: "tls/shop.pem", expiresAt: inDays(9) },
      { names: ["old.example"], source: "tls/old.pem", expiresAt: inDays(-2) },
      { names: ["*.localhost"], source: "tls/local.pem", expiresAt: inDays(80) },
    ],
    requests: [
      requestOf("01990000-req1", { route: SHOP_ID, host: "api-shop.localhost", path: "/orders", at: ago(4_000) }),
      requestOf("01990000-req2", {
        route: SHOP_ID,
        host: "api-shop.localhost",
        path: "/orders/17/a-rather-long-path-that-has-to-be-broken-somewhere-or-it-sticks-out",
        method: "POST",
        status: 502,
        outcome: "cut",
        durationMs: 5_012,
        at: ago(2_000),
      }),
      requestOf("01990000-req3", { host: "nobody.example", status: 404, at: ago(9_000), client: "2001:db8::7" }),
      requestOf("01990000-req4", { route: "deployments", status: 0, outcome: "aborted", at: ago(60_000) }),
    ],
  };
  return [
    reportOf("g1", common),
    reportOf("g2", { ...common, hostname: "harbour-2", worker: 1, isValkeyUp: false, requests: [] }),
  ];
};
