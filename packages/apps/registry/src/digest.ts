import { createHash, type Hash } from "node:crypto";

export const ALGORITHMS = ["sha256", "sha512"] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

declare const brand: unique symbol;

/** A checked digest such as `sha256:…`: safe in a path. OCI image specification 1.1, "Digests". */
export type Digest = string & { readonly [brand]: "digest" };

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Null for anything that is not a digest of an algorithm we know, in lower-case hex. */
export const parseDigest = (text: string): Digest | null => (DIGEST.test(text) ? (text as Digest) : null);

export const algorithmOf = (digest: Digest): Algorithm => (digest.startsWith("sha512:") ? "sha512" : "sha256");

export const hexOf = (digest: Digest): string => digest.slice(digest.indexOf(":") + 1);

export const newHash = (algorithm: Algorithm): Hash => createHash(algorithm);

export const finishHash = (algorithm: Algorithm, hash: Hash): Digest => `${algorithm}:${hash.digest("hex")}` as Digest;

export const digestBytes = (algorithm: Algorithm, bytes: Uint8Array): Digest =>
  finishHash(algorithm, newHash(algorithm).update(bytes));
