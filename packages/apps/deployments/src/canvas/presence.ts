import type { ProjectId } from "@homeport/kit/ids.ts";
import type { Actor } from "@homeport/kit/principal.ts";
import type { NodeId, Position } from "./node.ts";

/** Of one canvas. Who comes later sees and works, and is not shown. */
export const MAX_PEOPLE = 50;
export const MAX_SELECTED = 100;
export const MAX_DRAGGED = 50;

/** How many colours there are for people; the design has them. */
export const PERSON_COLORS = 12;

/** Somebody who looks at a canvas, in however many tabs. */
export type Present = {
  id: string;
  kind: Actor["kind"];
  name: string;
  /** 0 to PERSON_COLORS - 1; always the same one for the same person. */
  color: number;
  selection: NodeId[];
};

/** What moves: gone as soon as it is told, and never written down. */
export type Glimpse = {
  cursors: { id: string; x: number; y: number }[];
  drags: { id: string; positions: Position[] }[];
};

/** What one instance of the app tells the others about a canvas. */
export type Signal =
  /** Something was written: look. */
  | { kind: "written" }
  /** Who is present, or what they selected, has changed: look. */
  | { kind: "present" }
  | { kind: "glimpse"; glimpse: Glimpse };

/** How long somebody is shown whose instance says nothing any more. */
export const PRESENCE_LEASE_MS = 30_000;
/** How often an instance says who is with it: what was lost is there again after one of these. */
export const PRESENCE_BEAT_MS = 10_000;

/**
 * Who is where, shared by all instances of the app. It may be lost at any time: instances repeat what they say every
 * PRESENCE_BEAT_MS. Nothing here throws; while the store is away each instance knows its own people only.
 */
export interface PresenceStore {
  /** Says who is with this instance, in place of what it said before. */
  put(project: ProjectId, instance: string, people: readonly Present[]): Promise<void>;
  /** Who is with other instances that said so within PRESENCE_LEASE_MS; nobody when that cannot be found out. */
  list(project: ProjectId, instance: string): Promise<Present[]>;
  announce(project: ProjectId, instance: string, signal: Signal): void;
  /** Calls `hear` with what other instances announce, until what it gives back is called. */
  listen(project: ProjectId, instance: string, hear: (signal: Signal) => void): () => void;
}

/** FNV-1a (RFC draft-eastlake-fnv): spreads ids evenly, and is the same in every process. */
export const colorOf = (id: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193) >>> 0;
  return hash % PERSON_COLORS;
};

/** Everybody once, whatever the number of their tabs; what they selected is what they did in any of them. */
export const mergePeople = (people: readonly Present[]): Present[] => {
  const merged = new Map<string, Present>();
  for (const one of people) {
    const known = merged.get(one.id);
    const selection = [...new Set([...(known?.selection ?? []), ...one.selection])].slice(0, MAX_SELECTED);
    if (known !== undefined || merged.size < MAX_PEOPLE) merged.set(one.id, { ...one, selection });
  }
  return [...merged.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1));
};

export type PresenceChange = { joined: Present[]; left: string[]; selections: { id: string; nodes: NodeId[] }[] };

/** What is different between two lists; null when nothing is. */
export const presenceChange = (before: readonly Present[], after: readonly Present[]): PresenceChange | null => {
  const known = new Map(before.map((one) => [one.id, one]));
  const now = new Set(after.map(({ id }) => id));
  const change: PresenceChange = {
    joined: after.filter(({ id }) => !known.has(id)),
    left: before.flatMap(({ id }) => (now.has(id) ? [] : [id])),
    selections: after.flatMap(({ id, selection }) => {
      const old = known.get(id);
      return old === undefined || old.selection.join() === selection.join() ? [] : [{ id, nodes: selection }];
    }),
  };
  return change.joined.length + change.left.length + change.selections.length === 0 ? null : change;
};
