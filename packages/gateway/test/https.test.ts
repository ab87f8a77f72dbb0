import { afterAll, beforeAll, expect, test } from "bun:test";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { POLICIES_KEY, POLICIES_META_FIELD } from "@homeport/kit/registry/keys.ts";
import type { RoutePolicy } from "@homeport/kit/registry/policy.ts";
import { replaceHash } from "@homeport/kit/registry/publish-hash.ts";
import type { Gateway } from "../src/index.ts";
import { admin, Fixture, WorkloadServer } from "./fixture.ts";
import { RawClient } from "./raw-client.ts";
import { RawUpstream } from "./raw-upstream.ts";
import { target, workload } from "./records.ts";
import { CertificateAuthority } from "./tls-certificates.ts";
import { fingerprintOf, TlsClient } from "./tls-clients.ts";
import { until } from "./until.ts";

const HOST = "shop.example.test";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const SWITCHED = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello";

let fixture: Fixture;
let authority: CertificateAuthority;
let gateway: Gateway;
let upstream: RawUpstream;
let dataDir: string;
let revision = 0;

beforeAll(async () => {
  fixture = await Fixture.open();
  authority = await CertificateAuthority.create();
  fixture.defer(() => authority.close());
  dataDir = await fixture.folder();
  await install(HOST);
  gateway = await fixture.gateway({ dataDir, tls: { port: 0, directory: join(dataDir, "certificates") } });
  upstream = await RawUpstream.start(({ socket, received }) => {
    if (received.endsWith("ping")) socket.write("ping");
    else if (received.endsWith("\r\n\r\n")) socket.write(received.includes("/socket") ? SWITCHED : OK);
  });
  fixture.defer(() => upstream.stop());
  await new WorkloadServer(fixture, dataDir).serve(workload([HOST], [target(upstream.port)]));
});
afterAll(() => fixture.close());

/** Puts a new certificate for the name into the folder, as certbot does: a whole folder takes the place of the old. */
async function install(name: string): Promise<string> {
  const pair = await authority.issue({ names: [name] });
  const folder = await authority.folder();
  await writeFile(join(folder, "fullchain.pem"), pair.pem);
  await writeFile(join(folder, "privkey.pem"), pair.key);
  await mkdir(join(dataDir, "certificates"), { recursive: true });
  await cp(folder, join(dataDir, "certificates", name), { recursive: true, force: true });
  return fingerprintOf(pair.pem);
}

async function publish(policy: RoutePolicy): Promise<void> {
  const hash = { key: POLICIES_KEY, metaField: POLICIES_META_FIELD, kind: "policies" as const };
  const fields = new Map([[HOST, JSON.stringify({ schema: 1, host: HOST, policy })]]);
  await replaceHash(fixture.redis, hash, { revision: ++revision, fields });
  await until("the policy is known", async () => {
    const { policyRevision } = await admin<{ policyRevision: number | null }>(dataDir, "/table");
    return policyRevision === revision;
  });
}

const connect = () => TlsClient.connect(gateway.tlsPort ?? 0, HOST, authority.root.pem);
const requestOf = (path: string) => `GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;

test("requests over TLS reach the upstream, which is told so", async () => {
  const client = await connect();
  client.socket.write(requestOf("/secure"));
  await until("the answer arrives", () => client.text.endsWith("ok"));
  expect(upstream.received).toContain("GET /secure HTTP/1.1\r\n");
  expect(upstream.received).toContain("\r\nX-Forwarded-Proto: https\r\n");
  expect(upstream.received).toMatch(/;proto=https\r\n/);
  client.socket.destroy();
});

test("https only sends plain requests there with method, path and query; HSTS is said over TLS alone", async () => {
  await publish({ httpsOnly: true, hsts: { maxAgeSeconds: 60, includeSubdomains: true, preload: false } });
  const plain = await RawClient.ask(
    gateway.port,
    `POST /a%2Fb?c HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`,
  );
  expect(plain).toStartWith("HTTP/1.1 308 ");
  expect(plain).toContain(`location: https://${HOST}:${gateway.tlsPort}/a%2Fb?c\r\n`);
  expect(plain).not.toMatch(/strict-transport/i);
  const client = await connect();
  client.socket.write(requestOf("/"));
  await until("the answer arrives", () => client.text.endsWith("ok"));
  expect(client.text).toContain("\r\nStrict-Transport-Security: max-age=60; includeSubDomains\r\n");
  client.socket.destroy();
  await publish({});
});

test("a challenge is answered over plain HTTP before anything is sent to HTTPS, for names that nobody serves too", async () => {
  await publish({ httpsOnly: true });
  const token = "a".repeat(43);
  gateway.challenges.put(token, `${token}.${"b".repeat(43)}`);
  for (const host of [HOST, "new.example.test"]) {
    const path = `/.well-known/acme-challenge/${token}`;
    const answer = await RawClient.ask(
      gateway.port,
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toStartWith("HTTP/1.1 200 ");
    expect(answer).toEndWith(`\r\n\r\n${token}.${"b".repeat(43)}`);
  }
  await publish({});
});

test("a challenge that an ACME client left in the folder of certificates is answered, and no other file", async () => {
  const root = join(dataDir, "certificates");
  await mkdir(join(root, ".well-known/acme-challenge"), { recursive: true });
  await writeFile(join(root, ".well-known/acme-challenge", "c".repeat(20)), "the-answer");
  const ask = (path: string) =>
    RawClient.ask(gateway.port, `GET ${path} HTTP/1.1\r\nHost: new.example.test\r\nConnection: close\r\n\r\n`);
  expect(await ask(`/.well-known/acme-challenge/${"c".repeat(20)}`)).toEndWith("\r\n\r\nthe-answer");
  for (const name of ["d".repeat(20), `../../${HOST}/privkey.pem`, `..%2f..%2f${HOST}%2fprivkey.pem`, ""]) {
    expect(await ask(`/.well-known/acme-challenge/${name}`)).toStartWith("HTTP/1.1 404 ");
  }
});

test("a new certificate in the folder is shown to whoever connects next, and open connections go on", async () => {
  const before = await connect();
  const fingerprint = await install(HOST);
  await until("the new one is shown", async () => {
    const client = await connect();
    const { shown } = client;
    client.socket.destroy();
    return shown === fingerprint;
  });
  before.socket.write(requestOf("/old"));
  await until("the old connection is served", () => before.text.endsWith("ok"));
  before.socket.destroy();
});

test("a WebSocket is tunnelled through TLS", async () => {
  const client = await connect();
  client.socket.write(`GET /socket HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  await until("both have agreed", () => client.text.endsWith("hello"));
  client.socket.write("ping");
  await until("the echo arrives", () => client.text.endsWith("helloping"));
  client.socket.destroy();
});

test("stop does not wait for clients that sit idle on TLS connections", async () => {
  const own = await fixture.folder();
  const other = await fixture.gateway({
    dataDir: own,
    tls: { port: 0, directory: join(dataDir, "certificates") },
    timeouts: { drainMs: 60_000 },
  });
  const idle = await TlsClient.connect(other.tlsPort ?? 0, HOST, authority.root.pem);
  idle.socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await until("it is served", () => idle.text.includes("200 OK"));
  await other.stop();
  await until("the client hears of it", () => idle.hasEnded || idle.isClosed);
  idle.socket.destroy();
});
