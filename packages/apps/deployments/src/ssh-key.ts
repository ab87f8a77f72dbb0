import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { Secret } from "@homeport/kit/secret.ts";

export type SshKey = { privateKey: Secret; publicKey: string };

const KIND = "ssh-ed25519";
const BLOCK_BYTES = 8;
const LINE = /.{1,70}/g;

/**
 * Makes an Ed25519 key in OpenSSH's own form, without a passphrase. Source: PROTOCOL.key of OpenSSH, and RFC 8709 for the
 * public half.
 */
export const makeSshKey = (comment: string): SshKey => {
  const { d, x } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const [seed, point] = [Buffer.from(d ?? "", "base64url"), Buffer.from(x ?? "", "base64url")];
  const publicBlob = Buffer.concat([text(KIND), text(point)]);
  const check = randomBytes(4); // twice: who decrypts sees by it whether the passphrase was right
  const secrets = Buffer.concat([
    check,
    check,
    text(KIND),
    text(point),
    text(Buffer.concat([seed, point])),
    text(comment),
  ]);
  const padded = Buffer.concat([secrets, padding(secrets.length)]);
  const whole = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    text("none"), // cipher
    text("none"), // key derivation
    text(""), // its options
    number(1), // how many keys
    text(publicBlob),
    text(padded),
  ]);
  const lines = whole.toString("base64").match(LINE) ?? [];
  return {
    privateKey: new Secret(
      ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n"),
    ),
    publicKey: `${KIND} ${publicBlob.toString("base64")} ${comment}`,
  };
};

/** As `ssh-keygen -l` writes it, of a line with a key in it: of authorized_keys or of known_hosts. Null without one. */
export const fingerprintOf = (line: string): string | null => {
  const blob = line.split(/\s+/).find((word) => word.startsWith("AAAA"));
  if (blob === undefined) return null;
  return `SHA256:${createHash("sha256").update(Buffer.from(blob, "base64")).digest("base64").replace(/=+$/, "")}`;
};

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** A string of RFC 4251 section 5: its length, then its bytes. */
const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(bytes.length), bytes]);
};

/** 1, 2, 3, … up to a whole block. */
const padding = (length: number): Buffer =>
  Buffer.from(Array.from({ length: (BLOCK_BYTES - (length % BLOCK_BYTES)) % BLOCK_BYTES }, (_, i) => i + 1));
