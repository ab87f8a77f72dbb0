import { createHmac, timingSafeEqual } from "node:crypto";
import { deriveKey } from "../crypto.ts";
import type { Db } from "../db/types.ts";
import type { Secret } from "../secret.ts";
import { type Fault, type Head, organisationOf } from "./chain.ts";
import {
  type Checkpoint,
  insertCheckpoint,
  listChains,
  listCheckpoints,
  listMovedChains,
  updateMacs,
} from "./checkpoint-store.ts";
import { type ChainReport, verifyChain } from "./verify.ts";

export type BrokenChain = Fault & { organisationId: string | null };

const CHAINS = 500;
const CHECKPOINTS = 1_000;

/** The key of the signatures. Who can write the database has not got it, and cannot rewrite what was signed. */
export const checkpointKey = (appSecret: Secret): Buffer => deriveKey(appSecret, "audit checkpoint");

/**
 * Signs the end of every chain that went on since its newest checkpoint, after looking at what was added. A chain that
 * is broken there is told of, and not signed. May run in several processes at once.
 */
export const makeCheckpoints = async (
  sql: Db,
  key: Buffer,
  signal?: AbortSignal,
): Promise<{ made: number; broken: BrokenChain[] }> => {
  const broken: BrokenChain[] = [];
  let made = 0;
  for (let after: string | null = null; ; ) {
    const chains = await listMovedChains(sql, after, CHAINS);
    for (const { chain, newest } of chains) {
      signal?.throwIfAborted();
      const organisationId = organisationOf(chain);
      const report = await verifySince(sql, key, organisationId, newest, signal);
      if (report.ok) {
        await insertCheckpoint(sql, organisationId, sign(key, organisationId, report.head));
        made += 1;
      } else {
        broken.push({ organisationId, brokenAt: report.brokenAt, why: report.why });
      }
    }
    after = chains.at(-1)?.chain ?? null;
    if (chains.length < CHAINS) return { made, broken };
  }
};

/** Looks at a whole chain and at all its checkpoints. */
export const verifyHistory = async (
  sql: Db,
  key: Buffer,
  organisationId: string | null,
  signal?: AbortSignal,
): Promise<ChainReport> => {
  const report = await verifyChain(sql, organisationId, signal === undefined ? {} : { signal });
  if (!report.ok) return report;
  const fault = await findCheckpointFault(sql, key, organisationId, signal);
  return fault === null ? report : { ok: false, ...fault };
};

/** The organisations that have a chain, and null for the platform's own. */
export async function* eachChain(sql: Db): AsyncGenerator<string | null, void> {
  for (let after: string | null = null; ; ) {
    const chains = await listChains(sql, after, CHAINS);
    yield* chains.map(organisationOf);
    after = chains.at(-1) ?? null;
    if (chains.length < CHAINS) return;
  }
}

/**
 * For a platform whose secret was changed on purpose: checkpoints that `former` signed are signed with `current`. Those
 * that it did not sign stay as they are, and so stay false. Needs more rights than an app has; safe to repeat.
 */
export const resignCheckpoints = async (sql: Db, former: Buffer, current: Buffer): Promise<number> => {
  let count = 0;
  for await (const organisationId of eachChain(sql)) {
    for await (const batch of checkpointBatches(sql, organisationId)) {
      const signed = batch
        .filter((checkpoint) => isSigned(former, organisationId, checkpoint))
        .map((checkpoint) => sign(current, organisationId, checkpoint));
      await updateMacs(sql, organisationId, signed);
      count += signed.length;
    }
  }
  return count;
};

const verifySince = async (
  sql: Db,
  key: Buffer,
  organisationId: string | null,
  newest: Checkpoint | null,
  signal: AbortSignal | undefined,
): Promise<ChainReport> => {
  if (newest !== null && !isSigned(key, organisationId, newest)) return { ok: false, ...unsigned(newest) };
  return verifyChain(sql, organisationId, {
    ...(newest === null ? {} : { from: { seq: newest.seq, hash: newest.hash } }),
    ...(signal === undefined ? {} : { signal }),
  });
};

const findCheckpointFault = async (
  sql: Db,
  key: Buffer,
  organisationId: string | null,
  signal: AbortSignal | undefined,
): Promise<Fault | null> => {
  for await (const batch of checkpointBatches(sql, organisationId)) {
    signal?.throwIfAborted();
    for (const checkpoint of batch) {
      const { seq, hash, entryHash, madeAt } = checkpoint;
      if (!isSigned(key, organisationId, checkpoint)) return unsigned(checkpoint);
      const when = madeAt.toISOString();
      if (entryHash === null) return { brokenAt: seq, why: `Entry ${seq} is gone; it was there on ${when}.` };
      if (entryHash !== hash) return { brokenAt: seq, why: `Entry ${seq} is another one than on ${when}.` };
    }
  }
  return null;
};

async function* checkpointBatches(sql: Db, organisationId: string | null) {
  for (let after = 0; ; ) {
    const batch = await listCheckpoints(sql, organisationId, after, CHECKPOINTS);
    if (batch.length > 0) yield batch;
    after = batch.at(-1)?.seq ?? 0;
    if (batch.length < CHECKPOINTS) return;
  }
}

const unsigned = ({ seq }: Head): Fault => ({
  brokenAt: seq,
  why: `The checkpoint of entry ${seq} was not signed by this platform.`,
});

const sign = (key: Buffer, organisationId: string | null, { seq, hash }: Head): Checkpoint => ({
  seq,
  hash,
  mac: macOf(key, organisationId, { seq, hash }).toString("hex"),
});

const isSigned = (key: Buffer, organisationId: string | null, checkpoint: Checkpoint): boolean => {
  const given = Buffer.from(checkpoint.mac, "hex");
  const expected = macOf(key, organisationId, checkpoint);
  return given.length === expected.length && timingSafeEqual(given, expected);
};

const macOf = (key: Buffer, organisationId: string | null, { seq, hash }: Head): Buffer =>
  createHmac("sha256", key)
    .update(JSON.stringify([organisationId, seq, hash]))
    .digest();
