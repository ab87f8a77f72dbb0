import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { readState, writeState } from "../../state-file.ts";
import { isContainerNameOf, LABEL } from "./containers.ts";

/**
 * Images bring labels of their own, so anybody who makes an image can have a container look like ours wherever it is run. A
 * container is ours when its labels carry a proof that only this node can make, or when it has the name that only we give:
 * the one survives a renaming by hand, the other a key that was lost, and older agents that made no proofs.
 */
export type Ownership = {
  /** For the labels of a container that is about to be made. */
  prove(labels: Record<string, string>): string;
  isOurs(container: { name: string; labels: Record<string, string> }): boolean;
};

const Key = z.string().regex(/^[0-9a-f]{64}$/);

/** `path` is where this node's key lies, or will lie from now on. */
export const openOwnership = async (path: string, nodeId: string): Promise<Ownership> => {
  const known = await readState(path, Key).catch(() => null);
  const key = known ?? randomBytes(32).toString("hex");
  if (known === null) await writeState(path, key);

  const prove = (labels: Record<string, string>): string => {
    const ours = Object.values(LABEL).filter((name) => name !== LABEL.proof);
    const text = JSON.stringify(ours.sort().map((name) => [name, labels[name] ?? ""]));
    return createHmac("sha256", key).update(text).digest("hex");
  };

  return {
    prove,
    isOurs({ name, labels }) {
      const id = labels[LABEL.replica];
      if (labels[LABEL.node] !== nodeId || id === undefined) return false;
      return isContainerNameOf(name, id) || isEqual(labels[LABEL.proof] ?? "", prove(labels));
    },
  };
};

const isEqual = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
