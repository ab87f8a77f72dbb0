import { DomainError } from "@homeport/kit/errors.ts";
import type Docker from "dockerode";
import { call, callUnless, statusOf, textOf } from "./calls.ts";
import { LABEL, networkName } from "./containers.ts";

const TIMEOUT_MS = 30_000;

/**
 * One bridge network per project: services of a project resolve each other by alias and cannot reach other projects.
 * `exclusively` lines up everything that makes, uses for the first time or removes one network: a network may not vanish
 * between its creation and the start of the first container in it.
 */
export const createNetworks = (docker: Docker, nodeId: string) => {
  const lines = new Map<string, Promise<unknown>>();

  const exclusively = async <T>(networkId: string, work: () => Promise<T>): Promise<T> => {
    const before = lines.get(networkId) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    lines.set(networkId, settled);
    try {
      return await mine;
    } finally {
      if (lines.get(networkId) === settled) lines.delete(networkId);
    }
  };

  return {
    exclusively,

    /** Call it inside `exclusively`. */
    async ensure(networkId: string): Promise<void> {
      const name = networkName(networkId);
      const found = await callUnless([404], "inspect a network", TIMEOUT_MS, () => docker.getNetwork(name).inspect());
      if (found !== null) return;
      for (const subnet of [null, ...ownSubnets(networkId)]) {
        try {
          await call("create a network", TIMEOUT_MS, () =>
            docker.createNetwork(networkRequest(nodeId, networkId, subnet)),
          );
          return;
        } catch (err) {
          if (!isAddressTrouble(err)) throw err;
        }
      }
      throw new DomainError("unavailable", "Docker has no free address range left for another network.");
    },

    /** Removes a network if it is ours and nothing is attached any more. Call it inside `exclusively`. */
    async removeIfUnused(networkId: string): Promise<void> {
      const name = networkName(networkId);
      const found = await callUnless([404], "inspect a network", TIMEOUT_MS, () => docker.getNetwork(name).inspect());
      if (found === null || found.Labels?.[LABEL.project] !== networkId) return;
      if (await this.hasContainers(name)) return;
      // 403: something was attached meanwhile, and then the network has to stay
      await callUnless([403, 404, 409], "remove a network", TIMEOUT_MS, () => docker.getNetwork(name).remove());
    },

    /** Removes networks that an earlier agent made and was killed before it could use them. */
    async removeUnused(): Promise<void> {
      const filters = { label: [`${LABEL.node}=${nodeId}`] };
      const found = await call("list networks", TIMEOUT_MS, () => docker.listNetworks({ filters }));
      for (const { Labels: labels } of found) {
        const networkId = labels?.[LABEL.project];
        if (networkId) await exclusively(networkId, () => this.removeIfUnused(networkId));
      }
    },

    /** Also stopped containers count: they could not be started again without it. */
    async hasContainers(name: string): Promise<boolean> {
      const filters = { network: [name] };
      const found = await call("list containers of a network", TIMEOUT_MS, () =>
        docker.listContainers({ all: true, filters }),
      );
      return found.length > 0;
    },
  };
};

const networkRequest = (nodeId: string, networkId: string, subnet: string | null) => ({
  Name: networkName(networkId),
  CheckDuplicate: true,
  Driver: "bridge",
  Labels: { [LABEL.node]: nodeId, [LABEL.project]: networkId },
  ...(subnet === null ? {} : { IPAM: { Config: [{ Subnet: subnet }] } }),
});

/**
 * Docker's own address pools end after about 30 networks. Beyond them we name small ranges inside 10.128.0.0/9 ourselves,
 * starting at a place derived from its id so that the search is short; Docker refuses those that are taken.
 */
const ownSubnets = (networkId: string): string[] => {
  const start = Number.parseInt(networkId.slice(-8), 16);
  return Array.from({ length: 16 }, (_, index) => {
    const slot = (start + index * 7919) % 32_768;
    return `10.${128 + (slot >> 8)}.${slot & 255}.0/24`;
  });
};

/** "could not find an available, non-overlapping IPv4 address pool", "Pool overlaps with other one on this address space". */
const isAddressTrouble = (err: unknown): boolean =>
  statusOf(err) !== null && /address pool|Pool overlaps|predefined address pools/i.test(textOf(err));
