import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { DomainError } from "@homeport/kit/errors.ts";
import { certificateNames } from "./certificate-names.ts";

/** A chain of four RSA-4096 certificates is about 9 KB. */
export const MAX_PEM_BYTES = 64 * 1024;
const MAX_CHAIN = 10;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
/** Files may hold more, such as the EC PARAMETERS that openssl puts in front. */
const PRIVATE_KEY = /-----BEGIN ((?:[A-Z]+ )?PRIVATE KEY)-----[\s\S]+?-----END \1-----/;
/** Those that browsers accept. */
const CURVES: ReadonlySet<string | undefined> = new Set(["prime256v1", "secp384r1"]);
const MIN_RSA_BITS = 2048;
/** id-kp-serverAuth and anyExtendedKeyUsage, RFC 5280 section 4.2.1.12. */
const SERVER_USAGES: ReadonlySet<string> = new Set(["1.3.6.1.5.5.7.3.1", "2.5.29.37.0"]);

/** A certificate with its private key, checked: a TLS server can use it. */
export type Certificate = {
  /** PEM: the certificate, then its issuers, each followed by its own. */
  readonly chain: string;
  /** PEM, PKCS #8. */
  readonly privateKey: string;
  /** Lower-case; `*.suffix` stands for one label. At least one. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The issuer's distinguished name in one line. */
  readonly issuer: string;
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint: string;
};

/**
 * Reads a chain and the private key of one of its certificates. The chain may be in any order and hold what does not belong
 * to it. An expired certificate is read like any other: whether it is used is decided later, see `chooseCertificate`.
 *
 * @throws {DomainError} invalid, with a sentence that says what is wrong.
 */
export function parseCertificate(pem: string, keyPem: string): Certificate {
  if (pem.length > MAX_PEM_BYTES || keyPem.length > MAX_PEM_BYTES) {
    throw invalid(`The certificate or its key is larger than ${MAX_PEM_BYTES / 1024} KiB.`);
  }
  const certificates = readCertificates(pem);
  const key = readPrivateKey(keyPem);
  const leaf = certificates.find((certificate) => certificate.checkPrivateKey(key));
  if (leaf === undefined) throw invalid("The private key does not belong to the certificate.");
  checkKey(leaf.publicKey);
  checkUsage(leaf);
  return {
    chain: chainOf(leaf, certificates).join("\n"),
    privateKey: key.export({ type: "pkcs8", format: "pem" }).toString(),
    names: namesOf(leaf),
    notBefore: leaf.validFromDate,
    notAfter: leaf.validToDate,
    issuer: leaf.issuer.replaceAll("\n", ", "),
    fingerprint: leaf.fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

/** Why clients will refuse the certificate at that time, or null. */
export function validityProblem({ notBefore, notAfter }: Certificate, now: Date): string | null {
  if (now < notBefore) return `The certificate is not valid before ${notBefore.toISOString()}.`;
  return now > notAfter ? `The certificate expired at ${notAfter.toISOString()}.` : null;
}

function readCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) throw invalid("The certificate is not in PEM: there is no BEGIN CERTIFICATE with its END.");
  if (blocks.length > MAX_CHAIN) throw invalid(`The chain has more than ${MAX_CHAIN} certificates.`);
  return blocks.map((block, index) => {
    try {
      const certificate = new X509Certificate(block);
      certificate.publicKey; // throws for kinds of keys that are not supported
      return certificate;
    } catch (cause) {
      throw invalid(`Certificate ${index + 1} of the chain cannot be read.`, cause);
    }
  });
}

function readPrivateKey(pem: string): KeyObject {
  const block = PRIVATE_KEY.exec(pem)?.[0];
  if (block === undefined) throw invalid("The private key is not in PEM: there is no BEGIN PRIVATE KEY with its END.");
  if (/ENCRYPTED/.test(block)) throw invalid("The private key is encrypted; store it without a passphrase.");
  try {
    return createPrivateKey(block);
  } catch (cause) {
    throw invalid("The private key cannot be read.", cause);
  }
}

function checkKey({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): void {
  const isGood =
    (type === "rsa" && (details?.modulusLength ?? 0) >= MIN_RSA_BITS) ||
    (type === "ec" && CURVES.has(details?.namedCurve));
  if (isGood) return;
  const is = details?.namedCurve ?? (details?.modulusLength === undefined ? "" : `${details.modulusLength} bits`);
  throw invalid(
    `Browsers refuse its key (${`${type} ${is}`.trim()}): use EC on P-256 or P-384, or RSA with ${MIN_RSA_BITS} bits or more.`,
  );
}

/** Without the extension a certificate serves every purpose. */
function checkUsage({ keyUsage }: X509Certificate): void {
  if (keyUsage === undefined || keyUsage.some((usage) => SERVER_USAGES.has(usage))) return;
  throw invalid("The certificate is not for servers: its extended key usage lacks serverAuth.");
}

function namesOf({ subjectAltName }: X509Certificate): string[] {
  const names = certificateNames(subjectAltName ?? "");
  if (names.length > 0) return names;
  throw invalid("The certificate has no host name in subjectAltName; clients look nowhere else (RFC 9525).");
}

/** From the certificate to the last issuer that is there. Clients need not sort what a server sends (RFC 5246). */
function chainOf(leaf: X509Certificate, certificates: readonly X509Certificate[]): string[] {
  const chain = [leaf];
  let last = leaf;
  for (;;) {
    const issuer = certificates.find((candidate) => !chain.includes(candidate) && last.checkIssued(candidate));
    if (issuer === undefined) return chain.map((certificate) => certificate.toString().trim());
    chain.push(issuer);
    last = issuer;
  }
}

const invalid = (sentence: string, cause?: unknown): DomainError => new DomainError("invalid", sentence, { cause });
