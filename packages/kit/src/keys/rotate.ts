import { randomBytes } from "node:crypto";
import type { Db, Sql, Tx } from "../db/types.ts";
import { DomainError } from "../errors.ts";
import { KEY_BYTES } from "./aes-gcm.ts";
import { deleteKey, insertKey, listWrappedKeys, lockKeys } from "./data-keys.ts";
import type { KeyEncryption } from "./key-encryption.ts";
import { type DataKeyView, listUsage, type UsageOfKey } from "./usage.ts";

/**
 * How long every process has to learn of a new key before values are sealed with it: a lost connection is noticed, and
 * opened anew, in less.
 */
const ACTIVE_AFTER_MS = 30_000;

/** What is written about a change of keys, in its transaction: it is there exactly if the change is. */
export type Tell = (tx: Tx, id: number) => Promise<void>;

export type KeyAdmin = {
  rotate(tell: Tell): Promise<{ id: number }>;
  list(): Promise<DataKeyView[]>;
  remove(id: number, tell: Tell): Promise<void>;
};

export const createKeyAdmin = (admin: Sql, encryption: KeyEncryption): KeyAdmin => ({
  rotate: (tell) => rotateDataKey(admin, encryption, tell),
  list: () => listDataKeys(admin),
  remove: (id, tell) => removeDataKey(admin, id, tell),
});

/**
 * Makes a new key. After half a minute all processes seal with it, and the apps seal what is there anew.
 *
 * @throws {DomainError} conflict, while the last new key is not in use yet, or when this process has the secret of before
 */
export const rotateDataKey = (admin: Sql, encryption: KeyEncryption, tell: Tell): Promise<{ id: number }> =>
  admin.begin(async (tx) => {
    await lockKeys(tx);
    const newest = (await listWrappedKeys(tx)).at(-1);
    const id = (newest?.id ?? 0) + 1;
    if (newest !== undefined && newest.activeInMs > 0) {
      throw new DomainError("conflict", `Key ${newest.id} was just made and is not in use yet.`);
    }
    if (newest !== undefined && encryption.unwrap(newest.id, newest.wrapped) === null) {
      throw new DomainError(
        "conflict",
        "The platform has another secret since this process started. Start this process anew first.",
      );
    }
    await insertKey(tx, id, encryption.wrap(id, randomBytes(KEY_BYTES)), ACTIVE_AFTER_MS);
    await tell(tx, id);
    return { id };
  });

/** All keys, newest first. */
export const listDataKeys = async (sql: Db): Promise<DataKeyView[]> =>
  (await listUsage(sql)).map(({ missing: _, ...key }) => key);

/**
 * Removes a key that nothing is sealed with any more. Only a person does it, nothing by itself: as long as the key is
 * there, a row that is taken from an older backup still opens.
 *
 * @throws {DomainError} not_found; conflict, while it is in use or may be
 */
export const removeDataKey = (admin: Sql, id: number, tell: Tell): Promise<void> =>
  admin.begin(async (tx) => {
    await lockKeys(tx);
    const key = (await listUsage(tx)).find((known) => known.id === id);
    if (key === undefined) throw new DomainError("not_found", `There is no key ${id}.`);
    const reason = reasonToKeep(key);
    if (reason !== null) throw new DomainError("conflict", reason);
    await deleteKey(tx, id);
    await tell(tx, id);
  });

const reasonToKeep = ({ id, state, remaining, missing }: UsageOfKey): string | null => {
  if (state === "next") return `Key ${id} is about to be used.`;
  if (state === "active") return `Key ${id} is in use. Make a new one first.`;
  if (missing.length > 0) {
    return `These apps did not count their values since key ${id} was replaced: ${missing.join(", ")}.`;
  }
  if (remaining === null) return `No app counted its values since key ${id} was replaced.`;
  if (remaining > 0) return `Key ${id} still seals ${remaining === 1 ? "1 value" : `${remaining} values`}.`;
  return null;
};
