import { z } from "zod";
import type { Db } from "../db/types.ts";
import { CHAIN_START, type Fault, findFault, type Head, type Link } from "./chain.ts";
import { AuditRecord } from "./record.ts";
import { listLinks, readChainEnd, type SearchColumns } from "./store.ts";

/** What came of looking at a chain; `head` is the last entry that was looked at. */
export type ChainReport = { ok: true; entries: number; head: Head } | ({ ok: false } & Fault);

/** With 64 KiB of content each, this is 12 MiB at the very worst. */
const BATCH = 200;

/**
 * Reads a chain from the entry after `from` (its start, unless given) and computes every hash anew. Finds entries that
 * were altered, removed, added or moved, whoever did it; not a chain that was computed anew from some entry on. That is
 * what checkpoints are for. Entries that are written meanwhile are left for the next time.
 */
export const verifyChain = async (
  sql: Db,
  organisationId: string | null,
  { from = CHAIN_START, signal }: { from?: Head; signal?: AbortSignal } = {},
): Promise<ChainReport> => {
  const { stated, lastSeq, hasUnchained } = await readChainEnd(sql, organisationId);
  const end = stated ?? CHAIN_START;
  let head = from;
  while (head.seq < end.seq) {
    signal?.throwIfAborted();
    const upTo = Math.min(head.seq + BATCH, end.seq);
    for (const link of await listLinks(sql, organisationId, head.seq, upTo)) {
      const fault = findFault(head, link) ?? findMisfiling(link);
      if (fault !== null) return { ok: false, ...fault };
      head = { seq: link.seq, hash: link.hash };
    }
    if (head.seq < upTo) return broken(head.seq + 1, `Entry ${head.seq + 1} is missing.`);
  }
  if (end.seq < head.seq) return broken(end.seq + 1, `The chain ends at entry ${end.seq}; there were ${head.seq}.`);
  if (end.hash !== head.hash) return broken(head.seq, `Entry ${head.seq} is not the one that the chain ends with.`);
  if (lastSeq > end.seq) return broken(end.seq + 1, `There are entries after ${end.seq}, where the chain ends.`);
  if (hasUnchained) return broken(end.seq + 1, "There is an entry that was never put into the chain.");
  return { ok: true, entries: head.seq - from.seq, head };
};

const broken = (brokenAt: number, why: string): ChainReport => ({ ok: false, brokenAt, why });

/** Columns are copies, so they can lie about an entry whose content is untouched: then nobody finds it. */
const findMisfiling = (link: Link & { columns: SearchColumns }): Fault | null => {
  const record = AuditRecord.safeParse(JSON.parse(link.content));
  if (!record.success) return { brokenAt: link.seq, why: `Entry ${link.seq} is not what an app writes.` };
  const { subject, actor, ...rest } = record.data;
  const actual = {
    ...rest,
    subjectKind: subject.kind,
    subjectId: subject.id,
    actorKind: actor.kind,
    actorId: actor.id,
  };
  const wrong = Object.entries(link.columns).find(([name, value]) => actual[name as keyof SearchColumns] !== value);
  return wrong === undefined
    ? null
    : { brokenAt: link.seq, why: `Entry ${link.seq} is filed under another ${wrong[0]} than its own.` };
};

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const Line = z.object({
  seq: z.int().positive(),
  prevHash: Sha256,
  hash: Sha256,
  content: z.string().max(64 * 1024),
});

/**
 * The same for an export: a line of JSON per entry, as `toLine` makes them. It may begin anywhere; nothing may be left
 * out after that.
 */
export const verifyLines = async (lines: Iterable<string> | AsyncIterable<string>): Promise<ChainReport> => {
  let from: Head | null = null;
  let head = CHAIN_START;
  for await (const line of lines) {
    if (line.trim() === "") continue;
    const link = parseLine(line);
    if (link === null) return broken(head.seq + 1, `What should be entry ${head.seq + 1} is no line of an export.`);
    if (from === null) {
      from = link.seq === 1 ? CHAIN_START : { seq: link.seq - 1, hash: link.prevHash };
      head = from;
    }
    const fault = findFault(head, link);
    if (fault !== null) return { ok: false, ...fault };
    head = { seq: link.seq, hash: link.hash };
  }
  return { ok: true, entries: head.seq - (from ?? CHAIN_START).seq, head };
};

export const toLine = ({ seq, prevHash, hash, content }: Link): string =>
  `${JSON.stringify({ seq, prevHash, hash, content })}\n`;

const parseLine = (line: string): Link | null => {
  try {
    return Line.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
};
