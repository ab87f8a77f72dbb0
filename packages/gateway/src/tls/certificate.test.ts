import { afterAll, beforeAll, expect, test } from "bun:test";
import { CertificateAuthority, type CertificateRequest, type Pem } from "../../test/tls-certificates.ts";
import { fingerprintOf } from "../../test/tls-clients.ts";
import { parseCertificate, validityProblem } from "./certificate.ts";

let ca: CertificateAuthority;
let shop: Pem;
beforeAll(async () => {
  ca = await CertificateAuthority.create();
  shop = await ca.issue({ names: ["shop.test", "*.shop.test"], days: 30 });
});
afterAll(() => ca.close());

/** What is said about a pair that is refused. */
function problemOf(pem: string, key: string): string {
  try {
    parseCertificate(pem, key);
  } catch (err) {
    expect(err).toHaveProperty("code", "invalid");
    return (err as Error).message;
  }
  return "nothing";
}

test("a certificate tells its names, its time, its issuer and its fingerprint", () => {
  const certificate = parseCertificate(shop.pem, shop.key);
  expect(certificate).toMatchObject({
    names: ["shop.test", "*.shop.test"],
    issuer: "CN=Test root",
    fingerprint: fingerprintOf(shop.pem),
  });
  expect(certificate.notAfter.getTime() - certificate.notBefore.getTime()).toBe(30 * 86_400_000);
});

const GOOD: (CertificateRequest & { what: string })[] = [
  { what: "EC on P-384", names: ["a.test"], curve: "P-384" },
  { what: "RSA", names: ["a.test"], key: "rsa:2048" },
  { what: "one for servers", names: ["a.test"], extensions: ["extendedKeyUsage=serverAuth,clientAuth"] },
];
test.each(GOOD)("$what can be used", async ({ what: _, ...wanted }) => {
  const { pem, key } = await ca.issue(wanted);
  expect(parseCertificate(pem, key).names).toEqual(["a.test"]);
});

const BAD: (CertificateRequest & { what: string; says: string })[] = [
  { what: "Ed25519", names: ["a.test"], key: "ed25519", says: "Browsers refuse its key (ed25519)" },
  { what: "EC on P-521", names: ["a.test"], curve: "P-521", says: "Browsers refuse its key (ec secp521r1)" },
  { what: "a short RSA key", names: ["a.test"], key: "rsa:1024", says: "Browsers refuse its key (rsa 1024 bits)" },
  { what: "one for clients", names: ["a.test"], extensions: ["extendedKeyUsage=clientAuth"], says: "lacks serverAuth" },
  { what: "one with addresses only", names: ["IP:127.0.0.1"], says: "no host name in subjectAltName" },
  { what: "one with nothing but a common name", names: [], says: "no host name in subjectAltName" },
  { what: "an encrypted key", names: ["a.test"], passphrase: "secret", says: "The private key is encrypted" },
];
test.each(BAD)("$what is refused", async ({ what: _, says, ...wanted }) => {
  const { pem, key } = await ca.issue(wanted);
  expect(problemOf(pem, key)).toContain(says);
});

test("the key has to belong to the certificate", async () => {
  const other = await ca.issue({ names: ["shop.test"] });
  const ofAnotherKind = await ca.issue({ names: ["shop.test"], key: "rsa:2048" });
  expect(problemOf(shop.pem, other.key)).toBe("The private key does not belong to the certificate.");
  expect(problemOf(shop.pem, ofAnotherKind.key)).toBe("The private key does not belong to the certificate.");
});

test("what is not whole is refused, with what is missing", () => {
  const cut = (text: string) => text.slice(0, text.length - 60);
  expect(problemOf("", shop.key)).toStartWith("The certificate is not in PEM");
  expect(problemOf(cut(shop.pem), shop.key)).toStartWith("The certificate is not in PEM");
  expect(problemOf(shop.pem, cut(shop.key))).toStartWith("The private key is not in PEM");
  expect(problemOf(shop.key, shop.pem)).toStartWith("The certificate is not in PEM");
  const damaged = shop.pem.replace(/[A-Za-z]{8}\n-----END/, "AAAAAAAA\n-----END");
  expect(problemOf(damaged.replace("MII", "AII"), shop.key)).toBe("Certificate 1 of the chain cannot be read.");
  expect(problemOf("x".repeat(70_000), shop.key)).toBe("The certificate or its key is larger than 64 KiB.");
  expect(problemOf(shop.pem.repeat(11), shop.key)).toBe("The chain has more than 10 certificates.");
});

test("the chain is put in order, and what does not belong to it is left out", async () => {
  const stranger = await ca.issue({ names: ["stranger.test"] });
  const { chain } = parseCertificate(stranger.pem + ca.root.pem + shop.pem, shop.key);
  expect(chain.split(/(?<=-----END CERTIFICATE-----)\n/).map(fingerprintOf)).toEqual([
    fingerprintOf(shop.pem),
    fingerprintOf(ca.root.pem),
  ]);
});

test("text around the blocks, and openssl's parameters in front of a key, do no harm", () => {
  const parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
  const { fingerprint } = parseCertificate(`subject=shop\n${shop.pem}`, parameters + shop.key);
  expect(fingerprint).toBe(fingerprintOf(shop.pem));
});

test("it is said when a certificate is not valid", () => {
  const certificate = parseCertificate(shop.pem, shop.key);
  const { notBefore, notAfter } = certificate;
  expect(validityProblem(certificate, notBefore)).toBeNull();
  expect(validityProblem(certificate, notAfter)).toBeNull();
  expect(validityProblem(certificate, new Date(notAfter.getTime() + 1))).toContain("expired at");
  expect(validityProblem(certificate, new Date(notBefore.getTime() - 1))).toContain("not valid before");
});
