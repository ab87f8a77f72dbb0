import type { Target as TargetRecord } from "@homeport/kit/registry/record.ts";

/** Where the gateway connects to. */
export type Address = { kind: "tcp"; host: string; port: number } | { kind: "unix"; path: string };

/** One instance of an app or replica of a workload. `key` is unique per instance and address: counters hang on it. */
export type Target = {
  readonly key: string;
  readonly instance: string;
  readonly address: Address;
  /** Its share of new requests among the route's targets; 0 gets none. */
  readonly weight: number;
};

export const USUAL_WEIGHT = 100;

/** Null when the gateway cannot speak to it: TLS to upstreams is not offered, apps listen on `http://` or `unix:`. */
export function appTarget(instance: string, baseUrl: string): Target | null {
  if (baseUrl.startsWith("unix:")) return target(instance, { kind: "unix", path: baseUrl.slice("unix:".length) });
  if (!URL.canParse(baseUrl)) return null;
  const url = new URL(baseUrl);
  if (url.protocol !== "http:" || url.username !== "" || url.hostname === "") return null;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return target(instance, { kind: "tcp", host, port: url.port === "" ? 80 : Number(url.port) });
}

export function workloadTarget(record: TargetRecord): Target {
  return target(record.replicaId, { kind: "tcp", host: record.host, port: record.port }, record.weight);
}

export function formatAddress(address: Address): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

function target(instance: string, address: Address, weight = USUAL_WEIGHT): Target {
  return { key: `${instance}@${formatAddress(address)}`, instance, address, weight };
}
