import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { mkdir, rename, rm, symlink, truncate, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CertificateAuthority, type Pem } from "../../test/tls-certificates.ts";
import { fingerprintOf } from "../../test/tls-clients.ts";
import { until } from "../../test/until.ts";
import { CertificateDirectory } from "./certificate-directory.ts";
import { CertificateStore } from "./certificate-store.ts";
import { tlsLog } from "./log.ts";

tlsLog.level = process.env.HOMEPORT_LOG_LEVEL ?? "silent";

let ca: CertificateAuthority;
let shop: Pem;
let renewed: Pem;
beforeAll(async () => {
  ca = await CertificateAuthority.create();
  [shop, renewed] = await Promise.all([ca.issue({ names: ["shop.test"] }), ca.issue({ names: ["shop.test"] })]);
});
afterAll(() => ca.close());

let folder: string;
let store: CertificateStore;
let directory: CertificateDirectory;
let nowMs: number;
beforeEach(async () => {
  folder = await ca.folder();
  store = new CertificateStore();
  nowMs = 0;
  directory = new CertificateDirectory({ folder, store, now: () => nowMs });
});

const loops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of loops.splice(0)) await stop();
});

/** Follows the folder, and looks at it by itself so rarely that only the watch can have noticed a change in time. */
function run(): void {
  const stopping = new AbortController();
  const running = new CertificateDirectory({ folder, store, pollMs: 60_000 }).run(stopping.signal);
  loops.push(() => {
    stopping.abort();
    return running;
  });
}

const served = (): string | null => store.find("shop.test")?.fingerprint ?? null;
const problems = () => store.list().flatMap(({ id, problem }) => (problem === null ? [] : [`${id}: ${problem}`]));

async function writePair({ pem, key }: Pem, chainFile: string, keyFile: string): Promise<void> {
  await writeFile(join(folder, chainFile), pem);
  await writeFile(join(folder, keyFile), key);
}

const LAYOUTS = [
  { id: "shop/", files: ["shop/fullchain.pem", "shop/privkey.pem"] },
  { id: "./", files: ["fullchain.pem", "privkey.pem"] },
  { id: "shop", files: ["shop.crt", "shop.key"] },
  { id: "shop", files: ["shop.pem", "shop.key"] },
] as const;
test.each(LAYOUTS)("a pair is found as $files", async ({ id, files: [chainFile, keyFile] }) => {
  await mkdir(join(folder, "shop"));
  await writePair(shop, chainFile, keyFile);
  await writeFile(join(folder, "README"), "not a certificate");
  await mkdir(join(folder, "empty"));
  await directory.scan();
  expect(store.list()).toMatchObject([{ id, source: "directory", names: ["shop.test"], problem: null }]);
});

test("of two certificates with one key's name, the .crt counts", async () => {
  await writePair(shop, "shop.crt", "shop.key");
  await writeFile(join(folder, "shop.pem"), "the certificates of the CA, perhaps");
  await directory.scan();
  expect(problems()).toEqual([]);
  expect(served()).toBe(fingerprintOf(shop.pem));
});

test("links are followed, as certbot makes them, and hidden names are somebody else's", async () => {
  await mkdir(join(folder, ".archive"));
  await writePair(shop, ".archive/fullchain.pem", ".archive/privkey.pem");
  await mkdir(join(folder, "live"));
  for (const file of ["fullchain.pem", "privkey.pem"]) {
    await symlink(join("..", ".archive", file), join(folder, "live", file));
  }
  await directory.scan();
  expect(store.list().map(({ id }) => id)).toEqual(["live/"]);
});

const BREAKS: { what: string; says: string; breakIt: () => Promise<void> }[] = [
  {
    what: "a renewed certificate with the old key",
    says: "shop: The private key does not belong to the certificate.",
    breakIt: () => writeFile(join(folder, "shop.crt"), renewed.pem),
  },
  {
    what: "half of a certificate",
    says: "shop: The certificate is not in PEM: there is no BEGIN CERTIFICATE with its END.",
    breakIt: () => truncate(join(folder, "shop.crt"), 300),
  },
  {
    what: "an empty key",
    says: "shop: The private key is not in PEM: there is no BEGIN PRIVATE KEY with its END.",
    breakIt: () => truncate(join(folder, "shop.key"), 0),
  },
  { what: "a missing key", says: "shop: shop.key is missing.", breakIt: () => unlink(join(folder, "shop.key")) },
  {
    what: "a missing certificate",
    says: "shop: shop.crt is missing.",
    breakIt: () => unlink(join(folder, "shop.crt")),
  },
  {
    what: "far too large a file",
    says: "shop: The files cannot be read: larger than 64 KiB.",
    breakIt: () => truncate(join(folder, "shop.crt"), 1_000_000),
  },
  {
    what: "a folder instead of a file",
    says: "shop: The files cannot be read: not a file.",
    breakIt: () =>
      unlink(join(folder, "shop.key"))
        .then(() => mkdir(join(folder, "shop.key")))
        .then(() => undefined),
  },
];
test.each(BREAKS)(
  "$what is reported and takes nothing away, and is over when it is repaired",
  async ({ says, breakIt }) => {
    await writePair(shop, "shop.crt", "shop.key");
    await directory.scan();
    await breakIt();
    for (const later of [0, 60_000]) {
      nowMs += later;
      await directory.scan();
      expect(problems()).toEqual([says]);
      expect(served()).toBe(fingerprintOf(shop.pem));
    }
    await rm(join(folder, "shop.key"), { recursive: true, force: true });
    await writePair(renewed, "shop.crt", "shop.key");
    await directory.scan();
    expect(problems()).toEqual([]);
    expect(served()).toBe(fingerprintOf(renewed.pem));
  },
);

test("a pair that never was good is reported, and does not disturb others", async () => {
  await writePair({ pem: "nonsense", key: "nonsense" }, "bad.crt", "bad.key");
  await writePair(shop, "shop.crt", "shop.key");
  await directory.scan();
  expect(store.list()).toMatchObject([
    { id: "bad", names: [] },
    { id: "shop", problem: null },
  ]);
  expect(problems()).toHaveLength(1);
});

test("a pair that was removed goes, but not while it may be about to come back", async () => {
  await writePair(shop, "shop.crt", "shop.key");
  await directory.scan();
  await unlink(join(folder, "shop.crt"));
  await unlink(join(folder, "shop.key"));
  await directory.scan();
  nowMs += 4_000;
  await directory.scan();
  expect(served()).toBe(fingerprintOf(shop.pem));
  await writePair(renewed, "shop.crt", "shop.key");
  await directory.scan();
  expect(served()).toBe(fingerprintOf(renewed.pem));
  await unlink(join(folder, "shop.crt"));
  await unlink(join(folder, "shop.key"));
  await directory.scan();
  nowMs += 6_000;
  await directory.scan();
  expect(store.list()).toEqual([]);
});

test("a folder that cannot be read is reported and takes nothing away", async () => {
  await writePair(shop, "shop.crt", "shop.key");
  await directory.scan();
  await rename(folder, `${folder}-away`);
  nowMs += 60_000;
  await directory.scan();
  expect(problems()).toEqual([".: The folder cannot be read: ENOENT."]);
  expect(served()).toBe(fingerprintOf(shop.pem));
  await rename(`${folder}-away`, folder);
  await directory.scan();
  expect(problems()).toEqual([]);
});

test("a pair whose folder cannot be looked into is reported and takes nothing away", async () => {
  await mkdir(join(folder, "shop"));
  await writePair(shop, "shop/fullchain.pem", "shop/privkey.pem");
  await directory.scan();
  await rename(join(folder, "shop"), join(folder, ".shop"));
  await symlink("shop", join(folder, "shop")); // a link to itself: for the superuser too, the system refuses to follow it
  for (const later of [0, 60_000]) {
    nowMs += later;
    await directory.scan();
    expect(problems()).toEqual(["shop/: The files cannot be read: ELOOP."]);
    expect(served()).toBe(fingerprintOf(shop.pem));
  }
});

test("the store is left alone while nothing changes", async () => {
  await writePair(shop, "shop.crt", "shop.key");
  await directory.scan();
  let changes = 0;
  store.onChange(() => {
    changes++;
  });
  const before = store.find("shop.test");
  await directory.scan();
  expect(changes).toBe(0);
  expect(store.find("shop.test")).toBe(before);
});

test("changes are noticed as they happen, below the folder too, until the signal is aborted", async () => {
  await mkdir(join(folder, "shop"));
  run();
  await writePair(shop, "shop/fullchain.pem", "shop/privkey.pem");
  await until("the new pair is served", () => served() === fingerprintOf(shop.pem));
  await writePair(renewed, "shop/fullchain.pem", "shop/privkey.pem");
  await until("the renewed pair is served", () => served() === fingerprintOf(renewed.pem));
  for (const stop of loops.splice(0)) await stop(); // resolves at once, not at the next look
});

test("a folder that appears later, or comes back as another one, is found by looking", async () => {
  await rm(folder, { recursive: true });
  const stopping = new AbortController();
  const running = new CertificateDirectory({ folder, store, pollMs: 20 }).run(stopping.signal);
  loops.push(() => {
    stopping.abort();
    return running;
  });
  await until("its absence is noticed", () => problems().length === 1);
  for (const pair of [shop, renewed]) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    await writePair(pair, "shop.crt", "shop.key");
    await until("the pair is served", () => served() === fingerprintOf(pair.pem));
  }
});
