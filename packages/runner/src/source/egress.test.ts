import { expect, test } from "bun:test";
import { type AddressKind, checkedAddresses, kindOfAddress } from "./egress.ts";

const kinds: [string, AddressKind][] = [
  ["93.184.216.34", "public"],
  ["2606:2800:220:1::1", "public"],
  ["127.0.0.1", "private"],
  ["::1", "private"],
  ["10.1.2.3", "private"],
  ["192.168.1.1", "private"],
  ["172.17.0.1", "private"],
  ["fd12::1", "private"],
  ["100.64.0.1", "private"],
  ["::ffff:127.0.0.1", "private"],
  ["64:ff9b::7f00:1", "private"],
  ["64:ff9b::5db8:d822", "public"],
  ["169.254.169.254", "forbidden"],
  ["::ffff:169.254.169.254", "forbidden"],
  ["64:ff9b::a9fe:a9fe", "forbidden"],
  ["fe80::1", "forbidden"],
  ["fd00:ec2::254", "forbidden"],
  ["100.100.100.200", "forbidden"],
  ["0.0.0.0", "forbidden"],
  ["::", "forbidden"],
  ["224.0.0.1", "forbidden"],
  ["255.255.255.255", "forbidden"],
  ["2002:7f00:1::", "forbidden"],
  ["not an address", "forbidden"],
];
for (const [address, kind] of kinds) test(`${address} is ${kind}`, () => expect(kindOfAddress(address)).toBe(kind));

const check = (addresses: string[], allowPrivateHosts: boolean) =>
  checkedAddresses("git.example.com", { allowPrivateHosts }, async () => addresses);

test("a host with public addresses gives them all", async () => {
  expect(await check(["93.184.216.34", "2606:2800:220:1::1"], false)).toEqual(["93.184.216.34", "2606:2800:220:1::1"]);
});

test("one private address among public ones is enough to refuse", async () => {
  await expect(check(["93.184.216.34", "10.0.0.1"], false)).rejects.toThrow(/private network/);
});

test("an operator may allow the private network, but never metadata services", async () => {
  expect(await check(["10.0.0.1"], true)).toEqual(["10.0.0.1"]);
  await expect(check(["169.254.169.254"], true)).rejects.toThrow(/not an address/);
});

test("a host without an address is not there", async () => {
  await expect(check([], true)).rejects.toThrow(/no server named git.example.com/);
});

test("a lookup that fails says so", async () => {
  const failing = () => Promise.reject(new Error("ENOTFOUND"));
  await expect(checkedAddresses("x.example", { allowPrivateHosts: true }, failing)).rejects.toThrow(/x\.example/);
});
