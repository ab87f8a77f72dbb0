import { afterAll, beforeAll, expect, test } from "bun:test";
import { CertificateAuthority, type Pem } from "../../test/tls-certificates.ts";
import { parseCertificate } from "./certificate.ts";
import { CertificateStore } from "./certificate-store.ts";

let ca: CertificateAuthority;
let shop: Pem;
let renewed: Pem;
let wildcard: Pem;
beforeAll(async () => {
  ca = await CertificateAuthority.create();
  [shop, renewed, wildcard] = await Promise.all([
    ca.issue({ names: ["a.shop.test"], days: 30 }),
    ca.issue({ names: ["a.shop.test"], days: 90 }),
    ca.issue({ names: ["*.shop.test"], days: 365 }),
  ]);
});
afterAll(() => ca.close());

test("a certificate is found by its names, however a client spells them", () => {
  const store = new CertificateStore();
  const id = store.put(shop.pem, shop.key);
  for (const name of ["a.shop.test", "A.Shop.TEST", "a.shop.test."]) expect(store.find(name)?.fingerprint).toBe(id);
  for (const name of ["b.shop.test", "shop.test", "", ".", "*.shop.test", "__proto__"])
    expect(store.find(name)).toBeNull();
});

test("those of the folder and those in memory are one choice", () => {
  const store = new CertificateStore();
  const inMemory = store.put(wildcard.pem, wildcard.key);
  const certificate = parseCertificate(shop.pem, shop.key);
  store.replaceDirectory([{ id: "shop", certificate, problem: null }]);
  expect(store.find("a.shop.test")).toBe(certificate);
  expect(store.find("b.shop.test")?.fingerprint).toBe(inMemory);
  store.replaceDirectory([]);
  expect(store.find("a.shop.test")?.fingerprint).toBe(inMemory);
});

test("one with the same id is replaced, and only by a good one", () => {
  const store = new CertificateStore();
  store.put(shop.pem, shop.key, "a");
  store.put(renewed.pem, renewed.key, "a");
  expect(store.list()).toHaveLength(1);
  const { fingerprint } = parseCertificate(renewed.pem, renewed.key);
  expect(store.find("a.shop.test")?.fingerprint).toBe(fingerprint);
  expect(() => store.put(shop.pem, renewed.key, "a")).toThrow("does not belong");
  expect(store.find("a.shop.test")?.fingerprint).toBe(fingerprint);
});

test("one that is removed is found no more", () => {
  const store = new CertificateStore();
  const id = store.put(shop.pem, shop.key);
  expect(store.remove(id)).toBe(true);
  expect(store.remove(id)).toBe(false);
  expect(store.find("a.shop.test")).toBeNull();
});

test("operators see names, end, source and problem of each, and no key", () => {
  let now = new Date();
  const store = new CertificateStore(() => now);
  store.put(shop.pem, shop.key, "from an order");
  const certificate = parseCertificate(wildcard.pem, wildcard.key);
  store.replaceDirectory([
    { id: "broken", certificate: null, problem: "It is broken." },
    { id: "stale", certificate, problem: "Its renewal is broken." },
  ]);
  const { notAfter } = certificate;
  expect(store.list()).toMatchObject([
    { id: "broken", source: "directory", names: [], notAfter: null, problem: "It is broken." },
    { id: "stale", source: "directory", names: ["*.shop.test"], notAfter, problem: "Its renewal is broken." },
    { id: "from an order", source: "memory", names: ["a.shop.test"], problem: null },
  ]);
  expect(JSON.stringify(store.list())).not.toContain("PRIVATE KEY");

  now = new Date(notAfter.getTime() + 1);
  const problems = store.list().map(({ problem }) => problem);
  expect(problems[1]).toMatch(/^Its renewal is broken\. The certificate expired at /);
  expect(problems[2]).toMatch(/^The certificate expired at /);
});

test("who asked for it is told of every change, and of none that failed, until he has enough", () => {
  const store = new CertificateStore();
  let changes = 0;
  const end = store.onChange(() => {
    changes++;
  });
  const id = store.put(shop.pem, shop.key);
  store.replaceDirectory([]);
  store.remove(id);
  store.remove(id);
  expect(() => store.put("", "")).toThrow();
  expect(changes).toBe(3);
  end();
  store.put(shop.pem, shop.key);
  expect(changes).toBe(3);
});
