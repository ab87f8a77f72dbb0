import { DomainError, invariant } from "../errors.ts";
import { Secret } from "../secret.ts";
import { decrypt, encrypt, OVERHEAD_BYTES } from "./aes-gcm.ts";

/**
 * Where a sealed value lives, and whose it is. It is authenticated with the value, so that the bytes of one row or of
 * one organisation are worth nothing in another. Null is the platform's own.
 */
export type SealedAt = { table: string; row: string; field: string; organisationId: string | null };

/** Seals values for the database with keys that can be changed while everything runs. */
export type Keyring = {
  /** Bytes for a column: format byte, number of the key (uint32, big endian), nonce, tag, ciphertext. */
  seal(at: SealedAt, plain: Secret | string): Buffer;
  /** @throws {DomainError} internal, when the key is not there, the bytes were altered or belong to another place. */
  open(at: SealedAt, sealed: Uint8Array): Secret;
  /** @throws {DomainError} internal, when these are no sealed bytes. */
  keyIdOf(sealed: Uint8Array): number;
  /** The key that values are sealed with now. */
  readonly activeId: number;
};

export type DataKey = {
  id: number;
  key: Buffer;
  /** From when on values are sealed with it, in time of `performance.now()`; it opens them before that too. */
  activeAt: number;
};

/** First byte of a sealed value, so that a later format can be told apart. */
const FORMAT = 2;
/** The format and the number of the key. */
export const HEADER_BYTES = 5;

/** The first bytes of what a key seals, in hexadecimal, for looking for them in the database. */
export const headerOf = (keyId: number): string => header(keyId).toString("hex");

const header = (keyId: number): Buffer => {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes[0] = FORMAT;
  bytes.writeUInt32BE(keyId, 1);
  return bytes;
};

/** A keyring over the keys that `keys` gives at that moment, oldest first. `onUnknown` is told of values whose key is not there. */
export const createKeyring = (keys: () => readonly DataKey[], onUnknown: () => void = () => {}): Keyring => {
  const active = (): DataKey => {
    const key = findActive(keys());
    invariant(key, "a keyring has a key that is in use");
    return key;
  };
  return {
    seal(at, plain) {
      const { id, key } = active();
      const text = plain instanceof Secret ? plain.reveal() : plain;
      return Buffer.concat([header(id), encrypt(key, placeOf(at), Buffer.from(text, "utf8"))]);
    },
    open(at, sealed) {
      const bytes = viewOf(sealed);
      const id = readKeyId(bytes, at);
      const known = keys().find((key) => key.id === id);
      if (known === undefined) {
        onUnknown();
        throw new DomainError("internal", `${nameOf(at)} is sealed with key ${id}, which is not there.`);
      }
      try {
        return new Secret(decrypt(known.key, placeOf(at), bytes.subarray(HEADER_BYTES)).toString("utf8"));
      } catch (err) {
        throw new DomainError("internal", `${nameOf(at)} does not open: it was altered or belongs elsewhere.`, {
          cause: err,
        });
      }
    },
    keyIdOf: (sealed) => readKeyId(viewOf(sealed), null),
    get activeId() {
      return active().id;
    },
  };
};

/** The newest key whose time has come; the first one when none has, as after the database's clock was set back. */
export const findActive = <K extends Pick<DataKey, "id" | "activeAt">>(keys: readonly K[]): K | undefined => {
  const now = performance.now();
  const inUse = keys.filter(({ activeAt }) => activeAt <= now);
  return (
    inUse.reduce<K | undefined>((best, key) => (best === undefined || key.id > best.id ? key : best), undefined) ??
    keys[0]
  );
};

const viewOf = (sealed: Uint8Array): Buffer => Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);

const readKeyId = (bytes: Buffer, at: SealedAt | null): number => {
  if (bytes.length < HEADER_BYTES + OVERHEAD_BYTES || bytes[0] !== FORMAT) {
    throw new DomainError("internal", `${at === null ? "The value" : nameOf(at)} is damaged: it is not sealed bytes.`);
  }
  return bytes.readUInt32BE(1);
};

/** As JSON, so that no two places read the same when joined. */
const placeOf = ({ table, row, field, organisationId }: SealedAt): string =>
  JSON.stringify([table, row, field, organisationId]);

const nameOf = ({ table, field }: SealedAt): string => `The encrypted ${field} in ${table}`;
