import { expect, test } from "bun:test";
import type Docker from "dockerode";
import { createNetworks } from "./networks.ts";

/** An engine whose address pools are used up, and where the first ranges one names are taken. */
const fullEngine = (free: number) => {
  const asked: (string | null)[] = [];
  const refuse = (statusCode: number, message: string) =>
    Promise.reject(Object.assign(new Error(message), { statusCode }));
  const docker = {
    getNetwork: () => ({ inspect: () => refuse(404, "network not found") }),
    createNetwork: (request: { IPAM?: { Config: { Subnet: string }[] } }) => {
      asked.push(request.IPAM?.Config[0]?.Subnet ?? null);
      if (asked.length === 1)
        return refuse(404, "could not find an available, non-overlapping IPv4 address pool among the defaults");
      return asked.length < free
        ? refuse(403, "Pool overlaps with other one on this address space")
        : Promise.resolve({});
    },
  };
  return { asked, networks: createNetworks(docker as unknown as Docker, "node") };
};

const networkId = "01a1fb35-68d3-72f1-bb81-7e6327d15cdd";

test("when Docker's address pools are used up, a range of our own is found", async () => {
  const { asked, networks } = fullEngine(4);
  await networks.ensure(networkId);
  expect(asked).toHaveLength(4);
  expect(asked[0]).toBeNull();
  for (const subnet of asked.slice(1))
    expect(subnet).toMatch(/^10\.(12[89]|1[3-9]\d|2[0-4]\d|25[0-5])\.\d{1,3}\.0\/24$/);
  expect(new Set(asked).size).toBe(4);
});

test("when none is free, that is said", async () => {
  await expect(fullEngine(1000).networks.ensure(networkId)).rejects.toThrow(/no free address range/);
});

test("work on one network is lined up, also after a failure; other networks do not wait", async () => {
  const { networks } = fullEngine(1);
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = networks.exclusively("a", async () => {
    await gate.promise;
    order.push("first");
    throw new Error("failed");
  });
  const second = networks.exclusively("a", async () => order.push("second"));
  await networks.exclusively("b", async () => order.push("other"));
  gate.resolve();
  await expect(first).rejects.toThrow("failed");
  await second;
  expect(order).toEqual(["other", "first", "second"]);
});
