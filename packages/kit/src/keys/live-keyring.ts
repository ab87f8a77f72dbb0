import { bounded } from "../db/bounded.ts";
import type { Sql } from "../db/types.ts";
import { createWaker } from "../lease/waker.ts";
import { createLogger } from "../log.ts";
import { listWrappedKeys, type WrappedKey } from "./data-keys.ts";
import type { KeyEncryption } from "./key-encryption.ts";
import { createKeyring, type DataKey, findActive, type Keyring } from "./keyring.ts";

const log = createLogger("keys");

/** Backstop for whatever nobody told of, such as another database put in place of this one. */
const EVERY_MS = 10 * 60_000;
const MAX_BACKOFF_MS = 5000;

/** The keyring of a process, which follows what others do with the keys. */
export type LiveKeyring = Keyring & {
  /** All keys, oldest first. */
  keys(): readonly Pick<DataKey, "id" | "activeAt">[];
  /** Calls `listener` when there are other keys, and when another one is sealed with. What it gives back ends that. */
  subscribe(listener: () => void): () => void;
  /** Reads the keys anew, soon: for whoever listens on KEYS_CHANNEL. */
  look(): void;
  stop(): Promise<void>;
};

type HeldKey = DataKey & { wrapped: Uint8Array };

/** @throws {Error} when the database cannot be reached at the start; later outages are survived. */
export const startKeyring = async (admin: Sql, encryption: KeyEncryption): Promise<LiveKeyring> => {
  const stopping = new AbortController();
  const waker = createWaker(stopping.signal);
  const listeners = new Set<() => void>();
  let held: HeldKey[] = [];
  let announced: number | undefined;
  let activation: Timer | undefined;

  const announce = () => {
    announced = findActive(held)?.id;
    for (const listener of listeners) listener();
  };
  const load = async () => {
    const now = performance.now();
    const rows = await bounded(listWrappedKeys(admin));
    const before = held;
    held = rows.flatMap((row) => toHeld(row, now, encryption, before));
    clearTimeout(activation);
    const changed = held.length !== before.length || held.some((key, i) => !isSame(key, before[i]));
    if (changed || findActive(held)?.id !== announced) announce();
    const next = held.find(({ activeAt }) => activeAt > performance.now());
    if (next !== undefined) activation = setTimeout(announce, next.activeAt - performance.now() + 1).unref();
  };
  const follow = async () => {
    for (let failures = 0; !stopping.signal.aborted; ) {
      await waker.wait(failures === 0 ? EVERY_MS : Math.min(50 * 2 ** failures, MAX_BACKOFF_MS));
      if (stopping.signal.aborted) return;
      try {
        await load();
        failures = 0;
      } catch (err) {
        failures += 1;
        log.warn({ err, failures }, "the data keys could not be read and are read again");
      }
    }
  };

  await load();
  const done = follow();
  const keyring = createKeyring(() => held, waker.wake);
  return {
    seal: keyring.seal,
    open: keyring.open,
    keyIdOf: keyring.keyIdOf,
    get activeId() {
      return keyring.activeId;
    },
    keys: () => held,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    look: waker.wake,
    async stop() {
      clearTimeout(activation);
      stopping.abort();
      await done;
    },
  };
};

/**
 * A key that is wrapped as before is the one we have. One that does not unwrap was wrapped under a secret that this
 * process was not started with; what it knows of it still serves.
 */
const toHeld = (row: WrappedKey, now: number, encryption: KeyEncryption, held: readonly HeldKey[]): HeldKey[] => {
  const { id, wrapped } = row;
  const activeAt = now + row.activeInMs;
  const known = held.find((key) => key.id === id);
  if (known !== undefined && Buffer.from(wrapped).equals(known.wrapped)) return [{ ...known, activeAt }];
  const key = encryption.unwrap(id, wrapped);
  if (key !== null) return [{ id, key, activeAt, wrapped }];
  log.error({ keyId: id }, "a data key was wrapped with another secret; start this process anew with that one");
  return known === undefined ? [] : [{ ...known, activeAt }];
};

/** The times differ by what the query took. */
const isSame = (key: HeldKey, before: HeldKey | undefined): boolean =>
  before !== undefined && key.id === before.id && Math.abs(key.activeAt - before.activeAt) < 1000;
