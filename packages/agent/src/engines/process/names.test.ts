import { afterAll, afterEach, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address } from "@homeport/clusters/contract.ts";
import { newId } from "@homeport/kit/ids.ts";
import type { NamedService } from "../../ports.ts";
import { findFreePort } from "./free-port.ts";
import { freeAddress, type Names, openNames } from "./names.ts";

const dir = await mkdtemp(join(tmpdir(), "homeport-names-"));
const servers: { stop(): unknown }[] = [];
const opened: Names[] = [];
afterEach(() => {
  for (const names of opened.splice(0)) names.close();
});
afterAll(async () => {
  for (const server of servers) server.stop();
  await rm(dir, { recursive: true, force: true });
});

const open = async (path = join(dir, `${newId()}.json`)): Promise<Names> => {
  const names = await openNames(path);
  opened.push(names);
  return names;
};

const answering = (text: string): Address => {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (req) => new Response(`${text} ${await req.text()}`),
  });
  servers.push({ stop: () => server.stop(true) });
  return { host: "127.0.0.1", port: server.port! };
};

const serviceOf = async (changes: Partial<NamedService> = {}): Promise<NamedService> => ({
  workloadId: newId(),
  networkId: newId(),
  names: ["api"],
  port: await findFreePort(new Set()),
  targets: [],
  ...changes,
});

const addressIn = (hosts: string, name: string): string | undefined =>
  hosts
    .split("\n")
    .find((line) => line.split(" ").includes(name))
    ?.split(" ")[0];

const ask = async (host: string | undefined, port: number): Promise<string> =>
  (
    await fetch(`http://${host}:${port}/`, { method: "POST", body: "question", headers: { connection: "close" } })
  ).text();

test("a service answers on its own address and declared port, from whichever replica is ready", async () => {
  const names = await open();
  const service = await serviceOf({ targets: [answering("one")] });
  await names.publish([service]);
  const host = addressIn(names.hosts(service.networkId), "api");
  expect(host).toMatch(/^127\.77\./);
  expect(await ask(host, service.port)).toBe("one question");
  await names.publish([{ ...service, targets: [answering("two")] }]);
  expect(await ask(host, service.port)).toBe("two question");
  const both = [answering("a"), answering("b")];
  await names.publish([{ ...service, targets: both }]);
  expect(new Set([await ask(host, service.port), await ask(host, service.port)])).toEqual(
    new Set(["a question", "b question"]),
  );
});

test("large bodies pass whole in both directions", async () => {
  const names = await open();
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: async (req) => new Response(await req.bytes()) });
  servers.push({ stop: () => server.stop(true) });
  const service = await serviceOf({ targets: [{ host: "127.0.0.1", port: server.port! }] });
  await names.publish([service]);
  const body = crypto.getRandomValues(new Uint8Array(65_536));
  const large = Buffer.concat(Array.from({ length: 200 }, () => body));
  const host = addressIn(names.hosts(service.networkId), "api");
  const answer = await (await fetch(`http://${host}:${service.port}/`, { method: "POST", body: large })).bytes();
  expect(Buffer.compare(Buffer.from(answer), large)).toBe(0);
});

test("a service without a ready replica refuses, and one that is gone does not answer at all", async () => {
  const names = await open();
  const service = await serviceOf();
  await names.publish([service]);
  const host = addressIn(names.hosts(service.networkId), "api");
  await expect(ask(host, service.port)).rejects.toThrow();
  await names.publish([]);
  expect(names.hosts(service.networkId)).not.toContain("api");
});

test("names are known within their project only, and all of them", async () => {
  const names = await open();
  const mine = await serviceOf({ names: ["api", "backend"] });
  const other = await serviceOf({ names: ["web"], networkId: mine.networkId });
  const foreign = await serviceOf({ names: ["secret"] });
  await names.publish([mine, other, foreign]);
  const hosts = names.hosts(mine.networkId);
  expect(addressIn(hosts, "api")).toBe(addressIn(hosts, "backend")!);
  expect(addressIn(hosts, "web")).not.toBe(addressIn(hosts, "api")!);
  expect(hosts).not.toContain("secret");
  expect(addressIn(hosts, "localhost")).toBe("127.0.0.1");
});

test("an address stays the same across restarts, and after its state was lost", async () => {
  const path = join(dir, "kept.json");
  const service = await serviceOf();
  const first = await open(path);
  await first.publish([service]);
  const host = addressIn(first.hosts(service.networkId), "api")!;
  first.close();
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ [service.workloadId]: host });
  const second = await open(path);
  await second.publish([service]);
  expect(addressIn(second.hosts(service.networkId), "api")).toBe(host);
  second.close();
  const third = await open();
  await third.publish([service]);
  expect(addressIn(third.hosts(service.networkId), "api")).toBe(host);
});

test("an address that somebody else uses is passed over", async () => {
  const service = await serviceOf({ targets: [answering("mine")] });
  const taken = freeAddress(service.workloadId, {});
  const squatter = createServer();
  servers.push({ stop: () => squatter.close() });
  await new Promise<void>((resolve) => squatter.listen({ host: taken, port: service.port }, resolve));
  const names = await open();
  await names.publish([service]);
  const host = addressIn(names.hosts(service.networkId), "api");
  expect(host).not.toBe(taken);
  expect(await ask(host, service.port)).toBe("mine question");
});

test("two services that derive the same address get different ones", () => {
  const workloadId = newId();
  const first = freeAddress(workloadId, {});
  expect(freeAddress(workloadId, { other: first })).not.toBe(first);
});

test("a port that another program took on all addresses can be shared if that program agrees", async () => {
  const names = await open();
  const service = await serviceOf({ targets: [answering("service")] });
  const gateway = createServer((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\ngateway"));
  servers.push({ stop: () => gateway.close() });
  await new Promise<void>((resolve) =>
    gateway.listen({ host: "0.0.0.0", port: service.port, reusePort: true }, resolve),
  );
  await names.publish([service]);
  const host = addressIn(names.hosts(service.networkId), "api");
  expect(await ask(host, service.port)).toBe("service question");
  expect(await ask("127.0.0.1", service.port)).toBe("gateway");
});
