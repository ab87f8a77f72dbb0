import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { PlatformConfig } from "../config.ts";
import type { Sql, Tx } from "../db/types.ts";
import { DomainError } from "../errors.ts";
import { createLogger } from "../log.ts";
import { KEY_BYTES } from "./aes-gcm.ts";
import { hasKeyTable, insertKey, listWrappedKeys, lockKeys, rewrapKey, type WrappedKey } from "./data-keys.ts";
import { currentKeyEncryption, type KeyEncryption, previousKeyEncryptions } from "./key-encryption.ts";
import { isRootSecretKept } from "./root-secret.ts";

const log = createLogger("keys");

/**
 * Refuses to go on with a secret that the database's keys do not open with, or that it was not used with. Called before anything is written: a
 * migration would give the apps' roles passwords from the wrong secret.
 *
 * @throws {DomainError} internal; invalid, for a key file that is not fit to be one
 */
export const checkKeys = async (admin: Sql, config: PlatformConfig): Promise<void> => {
  const current = await currentKeyEncryption(config);
  if (!(await hasKeyTable(admin))) return;
  const foreign = (await listWrappedKeys(admin)).filter(({ id, wrapped }) => current.unwrap(id, wrapped) === null);
  if (foreign.length > 0) {
    // else a former key file that is no longer needed may be gone
    const previous = await previousKeyEncryptions(config);
    for (const key of foreign) unwrapWithAny(previous, key, config);
  }
  await isRootSecretKept(admin, config); // refuses what is neither this one nor the former
};

/**
 * The key that the database's keys are wrapped with, once every one of them is: makes the first key of a new database,
 * and wraps them anew when they still are under the secret of before. Any number of processes may start at once.
 *
 * @throws {DomainError} internal, when a key opens with neither secret.
 */
export const openKeys = async (admin: Sql, config: PlatformConfig): Promise<KeyEncryption> => {
  const current = await currentKeyEncryption(config);
  const keys = await listWrappedKeys(admin);
  const isReady = keys.length > 0 && keys.every(({ id, wrapped }) => current.unwrap(id, wrapped) !== null);
  if (!isReady) {
    const previous = await previousKeyEncryptions(config);
    await admin.begin((tx) => prepareKeys(tx, current, previous, config));
  }
  return current;
};

const prepareKeys = async (
  tx: Tx,
  current: KeyEncryption,
  previous: KeyEncryption[],
  config: PlatformConfig,
): Promise<void> => {
  await lockKeys(tx);
  const keys = await listWrappedKeys(tx); // again: another process may have been quicker
  if (keys.length === 0) {
    await insertKey(tx, 1, current.wrap(1, randomBytes(KEY_BYTES)), 0);
    log.info({ keyId: 1 }, "first data key made");
    return;
  }
  let rewrapped = 0;
  for (const key of keys) {
    if (current.unwrap(key.id, key.wrapped) !== null) continue;
    await rewrapKey(tx, key.id, current.wrap(key.id, unwrapWithAny(previous, key, config)));
    rewrapped += 1;
  }
  if (rewrapped > 0) log.warn({ rewrapped }, "data keys are wrapped anew, with the secret of now");
};

const unwrapWithAny = (encryptions: KeyEncryption[], { id, wrapped }: WrappedKey, config: PlatformConfig): Buffer => {
  for (const encryption of encryptions) {
    const key = encryption.unwrap(id, wrapped);
    if (key !== null) return key;
  }
  const former = config.previousSecret === null && config.previousKeyFile === null ? "" : ", nor with the former one";
  throw new DomainError(
    "internal",
    `The keys in this database were made with another APP_SECRET or key file: key ${id} does not open with this one${former}. ` +
      "Nothing was changed. Put the former value back; a standalone platform keeps it in " +
      `${join(config.dataDir, "app-secret")}. If it was changed on purpose, start once with the former one in ` +
      "APP_SECRET_PREVIOUS, or with its file in HOMEPORT_PREVIOUS_KEY_FILE.",
  );
};
