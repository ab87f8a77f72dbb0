import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import { log } from "../../log.ts";
import type { NamedService } from "../../ports.ts";
import { readState, writeState } from "../../state-file.ts";
import { type Forwarder, openForwarder } from "./forwarder.ts";

/** Workload id -> its loopback address. All of 127.0.0.0/8 is this machine (RFC 1122 section 3.2.1.3) on Linux. */
const Addresses = z.record(z.uuid(), z.string().regex(/^127\.77\.\d{1,3}\.\d{1,3}$/));
type Addresses = z.infer<typeof Addresses>;

const SLOTS = 65_536;
/** Another agent on this machine may hold an address; so many further ones are tried. */
const MAX_MOVES = 8;
/** Neighbours may also leave out the port, if the machine lets us have this one. */
const HTTP_PORT = 80;

type Published = { service: NamedService; address: string; forwarders: Map<number, Forwarder> };

/**
 * Services of a project reach each other as `name:port`, though all processes share one machine. Each service has a
 * loopback address of its own, every replica's hosts file maps the names of its project, and a forwarder listens on that
 * address at the service's declared port and passes connections to a ready replica.
 */
export const openNames = async (statePath: string) => {
  const addresses: Addresses = (await readState(statePath, Addresses)) ?? {};
  const published = new Map<string, Published>();
  const complained = new Set<string>();

  const portsOf = (service: NamedService): number[] => [...new Set([service.port, HTTP_PORT])];

  const publish = async (service: NamedService): Promise<Published> => {
    const known = published.get(service.workloadId);
    const mine = known ?? {
      service,
      address: addresses[service.workloadId] ?? freeAddress(service.workloadId, addresses),
      forwarders: new Map(),
    };
    mine.service = service;
    for (const port of [...mine.forwarders.keys()].filter((port) => !portsOf(service).includes(port))) {
      mine.forwarders.get(port)?.close();
      mine.forwarders.delete(port);
    }
    for (let move = 0; move <= MAX_MOVES; move += 1) {
      const taken = await listen(mine, service);
      if (!taken || mine.forwarders.size > 0) break;
      mine.address = nextAddress(mine.address, addresses); // somebody else's: only before anybody was told of it
    }
    for (const forwarder of mine.forwarders.values()) forwarder.setTargets(service.targets);
    return mine;
  };

  /** Opens what is not open yet. True when exactly this address and port is somebody else's. */
  const listen = async (mine: Published, service: NamedService): Promise<boolean> => {
    for (const port of portsOf(service)) {
      if (mine.forwarders.has(port)) continue;
      const shared = listenedOnAll(port);
      const forwarder = await openForwarder({ host: mine.address, port }, shared);
      if ("setTargets" in forwarder) {
        mine.forwarders.set(port, forwarder);
      } else if (port === service.port) {
        if (forwarder.code === "EADDRINUSE" && !shared) return true;
        complain(service.workloadId, port, forwarder.code);
      }
    }
    return false;
  };

  const complain = (workloadId: string, port: number, code: string): void => {
    if (complained.has(workloadId)) return;
    complained.add(workloadId);
    log.warn(
      { workloadId, port, code },
      "the port is taken on this machine, so other services cannot reach this one by name",
    );
  };

  return {
    /** Makes exactly these services reachable. @returns the projects whose hosts files changed. */
    async publish(services: NamedService[]): Promise<void> {
      const wanted = new Set(services.map((service) => service.workloadId));
      const before = JSON.stringify(addresses);
      for (const [workloadId, { forwarders }] of published) {
        if (wanted.has(workloadId)) continue;
        for (const forwarder of forwarders.values()) forwarder.close();
        published.delete(workloadId);
      }
      for (const workloadId of Object.keys(addresses)) if (!wanted.has(workloadId)) delete addresses[workloadId];
      for (const service of services) {
        const mine = await publish(service);
        published.set(service.workloadId, mine);
        addresses[service.workloadId] = mine.address;
      }
      if (JSON.stringify(addresses) !== before) await writeState(statePath, addresses);
    },

    /** The hosts file of a project's replicas. */
    hosts(networkId: string): string {
      const lines = [...published.values()]
        .filter(({ service }) => service.networkId === networkId)
        .map(({ service, address }) => `${address} ${service.names.join(" ")}`)
        .sort();
      return [
        "127.0.0.1 localhost",
        "::1 localhost ip6-localhost ip6-loopback",
        `127.0.1.1 ${hostname()}`,
        ...lines,
        "",
      ].join("\n");
    },

    close(): void {
      for (const { forwarders } of published.values()) for (const forwarder of forwarders.values()) forwarder.close();
      published.clear();
    },
  };
};

export type Names = Awaited<ReturnType<typeof openNames>>;

/** Derived from the workload, so that it is the same again after its state was lost; the next free one when taken. */
export const freeAddress = (workloadId: string, taken: Readonly<Record<string, string>>): string => {
  const slot = Number(BigInt(Bun.hash(workloadId)) % BigInt(SLOTS));
  return nextAddress(addressAt(slot - 1), taken);
};

const addressAt = (slot: number): string => {
  const place = ((slot % SLOTS) + SLOTS) % SLOTS;
  return `127.77.${place >> 8}.${place & 255}`;
};

const nextAddress = (address: string, taken: Readonly<Record<string, string>>): string => {
  const [, , high = 0, low = 0] = address.split(".").map(Number);
  const used = new Set(Object.values(taken));
  for (let step = 1; step <= SLOTS; step += 1) {
    const next = addressAt(high * 256 + low + step);
    if (!used.has(next)) return next;
  }
  throw new Error("Every loopback address for services is taken.");
};

/** Whether some socket listens on this port on all addresses. Source: proc_net_tcp(5); state 0A is LISTEN. */
const listenedOnAll = (port: number): boolean => {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["/proc/net/tcp", "/proc/net/tcp6"].some((file) => {
    try {
      const lines = readFileSync(file, "utf8").split("\n").slice(1);
      return lines.some((line) => {
        const [, local = "", , state] = line.trim().split(/\s+/);
        return state === "0A" && local.endsWith(suffix) && /^0+:/.test(local);
      });
    } catch {
      return false;
    }
  });
};
