import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import net from "node:net";
import { join } from "node:path";
import { CertificateDirectory } from "../src/tls/certificate-directory.ts";
import { CertificateStore } from "../src/tls/certificate-store.ts";
import { tlsLog } from "../src/tls/log.ts";
import { CertificateAuthority, type Pem } from "./tls-certificates.ts";
import { curl, fingerprintOf, REQUEST, sClient, TlsClient } from "./tls-clients.ts";
import { type ServedConnection, TlsServer } from "./tls-server.ts";
import { until } from "./until.ts";

tlsLog.level = process.env.HOMEPORT_LOG_LEVEL ?? "silent";

let ca: CertificateAuthority;
let shop: Pem;
let renewed: Pem;
let wildcard: Pem;
beforeAll(async () => {
  ca = await CertificateAuthority.create();
  [shop, renewed, wildcard] = await Promise.all([
    ca.issue({ names: ["shop.test"], days: 30 }),
    ca.issue({ names: ["shop.test"], days: 90 }),
    ca.issue({ names: ["*.apps.test", "exact.apps.test"], key: "rsa:2048" }),
  ]);
});
afterAll(() => ca.close());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function storeOf(...pems: Pem[]): CertificateStore {
  const store = new CertificateStore();
  for (const { pem, key } of pems) store.put(pem, key);
  return store;
}

function serve(
  store: CertificateStore,
  ...rest: [ConstructorParameters<typeof TlsServer>[1]?, ConstructorParameters<typeof TlsServer>[2]?]
): TlsServer {
  const server = new TlsServer(store, ...rest);
  cleanups.push(() => server.close());
  return server;
}

async function connect(server: TlsServer, name = "shop.test"): Promise<TlsClient> {
  const client = await TlsClient.connect(server.port, name, ca.root.pem);
  cleanups.push(() => client.socket.destroy());
  return client;
}

/** A connection with both of its ends. */
async function connectBoth(server: TlsServer): Promise<{ client: TlsClient; served: ServedConnection }> {
  const count = server.connections.length;
  const client = await connect(server);
  return { client, served: await server.accepted(count + 1) };
}

test("each name gets its own certificate, EC or RSA, in openssl, curl and node", async () => {
  const { port } = serve(storeOf(shop, wildcard));
  expect((await sClient(port, "shop.test")).shown).toBe(fingerprintOf(shop.pem));
  expect((await sClient(port, "SHOP.Test")).shown).toBe(fingerprintOf(shop.pem));
  expect((await sClient(port, "blog.apps.test")).shown).toBe(fingerprintOf(wildcard.pem));
  expect(await curl(port, "shop.test", ca.rootFile)).toBe("ok");
  expect(await curl(port, "blog.apps.test", ca.rootFile)).toBe("ok");
  expect((await TlsClient.connect(port, "exact.apps.test", ca.root.pem)).shown).toBe(fingerprintOf(wildcard.pem));
});

const STRANGERS = ["other.test", "apps.test", "two.labels.apps.test", "test", null];
test.each(STRANGERS)("without a certificate for %p nothing is shown and nobody gets in", async (name) => {
  const server = serve(storeOf(shop, wildcard));
  const { shown, text } = await sClient(server.port, name);
  expect(shown).toBeNull();
  expect(text).toContain("alert");
  expect(text).not.toContain("HTTP/1.1");
  expect(server.connections).toHaveLength(0);
});

test("HTTP/1.1 is agreed on, and a client that speaks only HTTP/2 is told so", async () => {
  const { port } = serve(storeOf(shop));
  expect((await sClient(port, "shop.test", ["-alpn", "h2,http/1.1"])).text).toContain("ALPN protocol: http/1.1");
  expect((await sClient(port, "shop.test", ["-alpn", "h2"])).text).toContain("no application protocol");
});

const MODERN = [
  { args: ["-tls1_3"], cipher: "TLS_AES_256_GCM_SHA384" },
  { args: ["-tls1_2"], cipher: "ECDHE-RSA-AES256-GCM-SHA384" },
  { args: ["-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305"], cipher: "ECDHE-RSA-CHACHA20-POLY1305" },
];
test.each(MODERN)("$cipher is spoken", async ({ args, cipher }) => {
  const { port } = serve(storeOf(wildcard));
  expect((await sClient(port, "blog.apps.test", args)).text).toContain(`Cipher is ${cipher}`);
});

const OLD = [
  { what: "TLS 1.0", args: ["-tls1", "-cipher", "ALL:@SECLEVEL=0"], says: "alert protocol version" },
  { what: "TLS 1.1", args: ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], says: "alert protocol version" },
  { what: "a block cipher", args: ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA"], says: "alert handshake failure" },
  {
    what: "a key exchange without forward secrecy",
    args: ["-tls1_2", "-cipher", "AES128-GCM-SHA256"],
    says: "alert handshake failure",
  },
];
test.each(OLD)("$what is refused", async ({ args, says }) => {
  const { port } = serve(storeOf(wildcard));
  const { text, shown } = await sClient(port, "blog.apps.test", args);
  expect(shown).toBeNull();
  expect(text).toContain(says);
});

test.each(["-tls1_2", "-tls1_3"])(
  "a session is resumed with %s, and begun anew with another certificate",
  async (version) => {
    const store = storeOf(shop);
    const { port } = serve(store);
    const session = join(await ca.folder(), "session");
    expect((await sClient(port, "shop.test", [version, "-sess_out", session])).text).toMatch(/^New, TLS/m);
    expect((await sClient(port, "shop.test", [version, "-sess_in", session])).text).toMatch(/^Reused, TLS/m);
    store.put(renewed.pem, renewed.key);
    const replaced = await sClient(port, "shop.test", [version, "-sess_in", session]);
    expect(replaced.text).toMatch(/^New, TLS/m);
    expect(replaced.shown).toBe(fingerprintOf(renewed.pem));
  },
);

test.each(["-tls1_2", "-tls1_3"])(
  "with %s a ticket does not let anybody in under a name that has no certificate",
  async (version) => {
    const store = storeOf(shop, wildcard);
    const server = serve(store);
    const session = join(await ca.folder(), "session");
    await sClient(server.port, "shop.test", [version, "-sess_out", session]);
    for (const { id, names } of store.list()) if (names.includes("shop.test")) store.remove(id);
    for (const name of ["shop.test", "other.test", null]) {
      expect((await sClient(server.port, name, [version, "-sess_in", session])).text).not.toMatch(/^Reused/m);
    }
    expect(server.connections).toHaveLength(1);
  },
);

test("a certificate is replaced while 50 connections are open and new ones arrive, and none is lost", async () => {
  const store = new CertificateStore();
  store.put(shop.pem, shop.key, "shop");
  const server = serve(store);
  const open = await Promise.all(Array.from({ length: 50 }, () => connect(server)));
  await Promise.all(open.map((client) => client.ask()));

  const shown: string[] = [];
  for (let round = 0; round < 20; round++) {
    const arriving = Array.from({ length: 10 }, async () => {
      const client = await connect(server);
      shown.push(client.shown);
      await client.ask();
      client.socket.destroy();
    });
    const { pem, key } = round % 2 === 0 ? renewed : shop;
    store.put(pem, key, "shop");
    await Promise.all(arriving);
    await Promise.all(open.map((client) => client.ask()));
  }
  expect(shown).toHaveLength(200);
  expect(new Set(shown)).toEqual(new Set([fingerprintOf(shop.pem), fingerprintOf(renewed.pem)]));
  expect(open.filter((client) => client.isClosed)).toHaveLength(0);
  expect((await connect(server)).shown).toBe(fingerprintOf(shop.pem));
});

test("what is renewed in the folder is served without a restart; half of a pair changes nothing", async () => {
  const folder = await ca.folder();
  const files = { chain: join(folder, "shop.test", "fullchain.pem"), key: join(folder, "shop.test", "privkey.pem") };
  await mkdir(join(folder, "shop.test"));
  await writeFile(files.chain, shop.pem);
  await writeFile(files.key, shop.key);
  const store = new CertificateStore();
  const stopping = new AbortController();
  const running = new CertificateDirectory({ folder, store }).run(stopping.signal);
  cleanups.push(async () => {
    stopping.abort();
    await running;
  });
  await until("the certificate is loaded", () => store.find("shop.test") !== null);
  const server = serve(store);
  const before = await connect(server);

  await writeFile(files.chain, renewed.pem);
  await until("the half is noticed", () => store.list()[0]?.problem !== null);
  expect((await connect(server)).shown).toBe(fingerprintOf(shop.pem));
  await writeFile(files.key, renewed.key);
  await until("the pair is whole", () => store.list()[0]?.problem === null);
  expect((await connect(server)).shown).toBe(fingerprintOf(renewed.pem));
  await before.ask();
});

test("two listeners share a port, and one that stops keeps its connections", async () => {
  const store = storeOf(shop);
  const first = serve(store, { reusePort: true });
  const client = await connect(first);
  const second = serve(store, { reusePort: true, port: first.port });
  first.stopListening();
  await client.ask();
  const next = await connect(second);
  await next.ask();
  expect(second.connections).toHaveLength(1);
});

test("a reader that stalls stops the writer, and gets every byte when it goes on", async () => {
  const total = 48 * 1024 * 1024;
  const chunk = Buffer.alloc(256 * 1024, "x");
  let sent = 0;
  const pump = ({ socket }: ServedConnection) => {
    while (sent < total) {
      const from = sent % chunk.length;
      const written = socket.write(chunk, from, chunk.length - from);
      sent += Math.max(0, written);
      if (written < chunk.length - from) return;
    }
    socket.end();
  };
  const server = serve(storeOf(shop), {}, pump);
  const { client, served } = await connectBoth(server);
  client.socket.pause();
  pump(served);
  expect(sent).toBeLessThan(16 * 1024 * 1024); // what the kernel takes, and nothing on top of it
  expect(served.socket.write(chunk)).toBe(0);
  client.socket.resume();
  await until("all has arrived", () => client.receivedBytes === total && client.hasEnded);
  client.socket.end();
  await until("the connection is closed", () => served.isClosed);
});

test("what is paused stays with the client, and comes when it is resumed", async () => {
  const server = serve(storeOf(shop));
  const { client, served } = await connectBoth(server);
  served.socket.pause();
  const sent = Buffer.alloc(32 * 1024 * 1024);
  let isSent = false;
  client.socket.write(sent, () => {
    isSent = true;
  });
  for (let round = 0; round < 10; round++) await (await connect(server)).ask(); // so long it could have come
  expect(served.receivedBytes).toBe(0);
  expect(isSent).toBe(false);
  served.socket.resume();
  await until("all has arrived", () => served.receivedBytes === sent.length);
});

test("what was written before the end arrives with a proper goodbye, however late it is read", async () => {
  const server = serve(storeOf(shop));
  const { client, served } = await connectBoth(server);
  client.socket.pause();
  const written = served.socket.write(Buffer.alloc(30 * 1024 * 1024));
  served.socket.end();
  expect(served.isClosed).toBe(false);
  client.socket.resume();
  await until("the end arrives", () => client.hasEnded);
  expect(client.receivedBytes).toBe(written);
  await until("the connection is closed", () => served.isClosed); // though the client has not closed its half

  const { text } = await sClient(server.port, "shop.test", ["-state"]);
  expect(text).toContain("SSL3 alert read:warning:close notify");
});

test("a client that does not close after our end is closed", async () => {
  const server = serve(storeOf(shop), { lingerSeconds: 1 });
  const { client, served } = await connectBoth(server);
  served.socket.end("bye");
  await until("the end arrives", () => client.hasEnded && client.text === "bye");
  await until("the connection is closed", () => served.isClosed, 6_000);
}, 10_000);

test("a reset of ours is no orderly end", async () => {
  const { client, served } = await connectBoth(serve(storeOf(shop)));
  served.socket.terminate();
  await until("the client is cut off", () => client.isClosed);
  expect(client.error).toBe("ECONNRESET");
  expect(client.hasEnded).toBe(false);
});

test("a client's end arrives, and so does its disappearance", async () => {
  const server = serve(storeOf(shop));
  const ending = await connectBoth(server);
  ending.client.socket.end();
  await until("the end arrives", () => ending.served.hasEnded && ending.served.isClosed);
  const vanishing = await connectBoth(server);
  vanishing.client.socket.destroy();
  await until("the loss is noticed", () => vanishing.served.isClosed);
  expect(server.errors).toEqual([]);
});

test("bytes that are no TLS, and connections that come to nothing, are never seen by the handlers", async () => {
  const server = serve(storeOf(shop));
  for (const bytes of [REQUEST, "\x16\x03\x01\x02\x00\x01", ""]) {
    const socket = net.connect({ port: server.port, host: "127.0.0.1" });
    socket.on("error", () => undefined);
    socket.write(bytes, "latin1");
    socket.end();
    await until("the server has closed it", () => socket.destroyed);
  }
  await (await connect(server)).ask();
  expect(server.connections).toHaveLength(1);
  expect(server.errors).toEqual([]);
});

test("a handshake that does not end is cut off, however its bytes drip in", async () => {
  const server = serve(storeOf(shop), { handshakeSeconds: 1 });
  const socket = net.connect({ port: server.port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  socket.write(Buffer.from([0x16, 0x03, 0x01, 0x01, 0x00])); // a record of 256 bytes, of which few will come
  const drip = setInterval(() => socket.write("\x01"), 100);
  cleanups.push(() => clearInterval(drip));
  await until("it is cut off", () => socket.destroyed, 9_000);
  expect(server.connections).toHaveLength(0);
}, 10_000);
