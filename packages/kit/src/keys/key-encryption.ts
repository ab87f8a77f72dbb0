import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { PlatformConfig } from "../config.ts";
import { deriveKey } from "../crypto.ts";
import { DomainError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { decrypt, encrypt } from "./aes-gcm.ts";

/** Encrypts data keys: a new root secret means new wrappings of a few keys, not of every sealed value. */
export type KeyEncryption = {
  wrap(id: number, key: Buffer): Buffer;
  /** Null when the key was wrapped with another one, or for another number. */
  unwrap(id: number, wrapped: Uint8Array): Buffer | null;
};

const MIN_FILE_BYTES = 32;
const MAX_FILE_BYTES = 64 * 1024;
/** Everybody's rights but the owner's. */
const OTHERS = 0o077;

/** From the key file when there is one, else from APP_SECRET. @throws {DomainError} invalid, when the file is not fit to be a key. */
export const currentKeyEncryption = async ({ keyFile, appSecret }: PlatformConfig): Promise<KeyEncryption> =>
  keyEncryption(keyFile === null ? appSecret : await readKeyFile("HOMEPORT_KEY_FILE", keyFile));

/** From what keys may have been wrapped with before. @throws {DomainError} invalid, when the file is not fit to be a key. */
export const previousKeyEncryptions = async (config: PlatformConfig): Promise<KeyEncryption[]> => {
  const { previousKeyFile, previousSecret } = config;
  const secrets = [
    ...(previousKeyFile === null ? [] : [await readKeyFile("HOMEPORT_PREVIOUS_KEY_FILE", previousKeyFile)]),
    ...(previousSecret === null ? [] : [previousSecret]),
  ];
  return secrets.map(keyEncryption);
};

export const keyEncryption = (secret: Secret): KeyEncryption => {
  const kek = deriveKey(secret, "kek");
  return {
    wrap: (id, key) => encrypt(kek, placeOf(id), key),
    unwrap(id, wrapped) {
      try {
        return decrypt(kek, placeOf(id), Buffer.from(wrapped));
      } catch {
        return null;
      }
    },
  };
};

const placeOf = (id: number): string => JSON.stringify(["platform.data_keys", id]);

const readKeyFile = async (variable: string, path: string): Promise<Secret> => {
  let handle: FileHandle;
  try {
    // Not blocking, so that a pipe that nobody writes to does not hold the start up.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (err) {
    throw new DomainError("invalid", `${variable}: the file ${path} cannot be read.`, { cause: err });
  }
  try {
    // Of the open file, so that it is the one that is read.
    const { mode, size } = await handle.stat();
    if ((mode & constants.S_IFMT) !== constants.S_IFREG)
      throw new DomainError("invalid", `${variable}: ${path} is not a file.`);
    if ((mode & OTHERS) !== 0) {
      throw new DomainError(
        "invalid",
        `${variable}: ${path} can be read by others than its owner. Take that away: chmod 600 ${path}`,
      );
    }
    if (size > MAX_FILE_BYTES)
      throw new DomainError("invalid", `${variable}: ${path} is over ${MAX_FILE_BYTES} bytes; is it a key?`);
    const content = withoutLineEnd(await handle.readFile());
    if (content.length < MIN_FILE_BYTES) {
      throw new DomainError(
        "invalid",
        `${variable}: ${path} has ${content.length} bytes; a key has at least ${MIN_FILE_BYTES}.`,
      );
    }
    return new Secret(content.toString("base64"));
  } finally {
    await handle.close();
  }
};

/** Editors and `echo` add one; the same key in a secret store has none. */
const withoutLineEnd = (bytes: Buffer): Buffer => {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end -= 1;
  return bytes.subarray(0, end);
};
