import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Fixture } from "./fixture.ts";
import { CertificateAuthority } from "./tls-certificates.ts";
import { TlsClient } from "./tls-clients.ts";
import { until } from "./until.ts";

const HOST = "shop.example.test";
const REQUEST = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

let fixture: Fixture;
beforeAll(async () => {
  fixture = await Fixture.open();
});
afterAll(() => fixture.close());

test("a TLS connection counts until it is closed, also when all was said on it", async () => {
  const authority = await CertificateAuthority.create();
  fixture.defer(() => authority.close());
  const directory = await fixture.folder();
  const pair = await authority.issue({ names: [HOST] });
  await mkdir(join(directory, HOST));
  await writeFile(join(directory, HOST, "fullchain.pem"), pair.pem);
  await writeFile(join(directory, HOST, "privkey.pem"), pair.key);
  const gateway = await fixture.gateway({
    tls: { port: 0, directory },
    limits: { connectionsPerClient: 3 },
  });
  /** Asks, and does not close when the gateway has answered and closes its side. Null: it was turned away. */
  const ask = async (): Promise<TlsClient | null> => {
    const client = await TlsClient.connect(gateway.tlsPort ?? 0, HOST, authority.root.pem).catch(() => null);
    client?.socket.write(REQUEST);
    await until("it ends", () => client === null || client.hasEnded || client.isClosed);
    return client?.text.startsWith("HTTP/1.1 200 ") === true ? client : null;
  };
  const served = [await ask(), await ask(), await ask()];
  expect(served).not.toContain(null);
  expect(await ask()).toBeNull();
  for (const client of served) client?.socket.destroy();
  await until("there is room again", async () => (await ask()) !== null);
});
