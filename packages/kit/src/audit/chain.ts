import { createHash } from "node:crypto";

/** A place in a chain: an entry's number, and its hash in hex. */
export type Head = { seq: number; hash: string };

/** An entry as the chain knows it; hashes are hex. */
export type Link = Head & { prevHash: string; content: string };

/** Where a chain is broken, and a sentence about it. */
export type Fault = { brokenAt: number; why: string };

/** What the first entry follows. */
export const CHAIN_START: Head = { seq: 0, hash: "0".repeat(64) };

/** The chain of the platform itself; any other is named by its organisation's id. */
const PLATFORM_CHAIN = "00000000-0000-0000-0000-000000000000";

export const chainOf = (organisationId: string | null): string => organisationId ?? PLATFORM_CHAIN;

export const organisationOf = (chain: string): string | null => (chain === PLATFORM_CHAIN ? null : chain);

/** What `platform.chain_audit_entries` computes; the number is in it, so that entries cannot change places. */
export const hashOf = ({ seq, prevHash, content }: Omit<Link, "hash">): string =>
  createHash("sha256").update(Buffer.from(prevHash, "hex")).update(`${seq}\n${content}`).digest("hex");

/** What is wrong with `link` as the one that follows `head`; null when nothing is. */
export const findFault = (head: Head, link: Link): Fault | null => {
  const next = head.seq + 1;
  if (link.seq > next) return { brokenAt: next, why: `Entry ${next} is missing.` };
  if (link.seq < next) return { brokenAt: link.seq, why: `There is more than one entry ${link.seq}.` };
  if (link.prevHash !== head.hash) {
    return { brokenAt: next, why: `Entry ${next} does not follow from the one before it.` };
  }
  if (link.hash !== hashOf(link)) return { brokenAt: next, why: `Entry ${next} was altered.` };
  return null;
};
