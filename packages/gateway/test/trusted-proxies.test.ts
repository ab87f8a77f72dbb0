import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Gateway, GatewayConfig } from "../src/index.ts";
import { Fixture, WorkloadServer } from "./fixture.ts";
import { RawClient } from "./raw-client.ts";
import { RawUpstream } from "./raw-upstream.ts";
import { target, workload } from "./records.ts";

let fixture: Fixture;
let upstream: RawUpstream;

beforeAll(async () => {
  fixture = await Fixture.open();
  upstream = await RawUpstream.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  fixture.defer(() => upstream.stop());
});
afterAll(() => fixture.close());

let revision = 0;
async function serve(config: Partial<GatewayConfig>): Promise<Gateway> {
  const dataDir = await fixture.folder();
  const gateway = await fixture.gateway({ dataDir, ...config });
  const workloads = new WorkloadServer(fixture, dataDir, revision);
  await workloads.serve(workload(["app.localhost"], [target(upstream.port)]));
  revision++;
  upstream.connections.length = 0;
  return gateway;
}

const REQUEST = [
  "GET / HTTP/1.1",
  "Host: app.localhost",
  "Connection: close, X-Forwarded-For",
  "X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.1.2.3",
  "X-Forwarded-Proto: https",
  "X-Forwarded-Host: shop.example",
  "",
  "",
].join("\r\n");

test("a trusted proxy's word counts: the right-most address that is no trusted proxy, its scheme and its host", async () => {
  const gateway = await serve({ trustedProxies: ["127.0.0.0/8", "10.0.0.0/8"] });
  expect(await RawClient.ask(gateway.port, REQUEST)).toEndWith("ok");
  expect(upstream.received).toContain(
    "\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n",
  );
  expect(upstream.received).not.toMatch(/6\.6\.6\.6|10\.1\.2\.3/);
});

test("nobody else's does", async () => {
  const gateway = await serve({ trustedProxies: ["10.0.0.0/8"] });
  expect(await RawClient.ask(gateway.port, REQUEST)).toEndWith("ok");
  expect(upstream.received).toContain("\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n");
  expect(upstream.received).not.toMatch(/203\.0\.113\.7|shop\.example/);
});

/** Version 2 for TCP over IPv4 from 192.0.2.44. */
const V2 = Buffer.concat([
  Buffer.from("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", "latin1"),
  Buffer.from([192, 0, 2, 44, 192, 0, 2, 1, 0x1f, 0x90, 0, 80]),
]);

test.each([
  { name: "version 1", preface: Buffer.from("PROXY TCP4 192.0.2.44 192.0.2.1 8080 80\r\n") },
  { name: "version 2", preface: V2 },
])(
  "the PROXY protocol, $name, says whose connection it is; what the client itself says does not count",
  async ({ preface }) => {
    const gateway = await serve({ trustedProxies: ["127.0.0.1"], proxyProtocol: true });
    expect(await RawClient.ask(gateway.port, preface.toString("latin1") + REQUEST)).toEndWith("ok");
    expect(upstream.received).toContain("\r\nX-Forwarded-For: 192.0.2.44\r\n");
    expect(upstream.received).not.toMatch(/203\.0\.113\.7|shop\.example/);
  },
);

test("a connection of a trusted proxy without the PROXY protocol is cut, where it is expected", async () => {
  const gateway = await serve({ trustedProxies: ["127.0.0.1"], proxyProtocol: true });
  expect(await RawClient.ask(gateway.port, REQUEST)).toBe("");
  expect(upstream.received).toBe("");
});
