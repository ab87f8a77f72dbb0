import { expect, test } from "bun:test";
import { checkedAddresses } from "./egress.ts";

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
