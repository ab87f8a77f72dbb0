import type { ProjectId } from "@homeport/kit/ids.ts";
import type { Actor } from "@homeport/kit/principal.ts";
import type { NodeId, Position } from "../canvas/node.ts";
import {
  colorOf,
  type Glimpse,
  MAX_PEOPLE,
  mergePeople,
  type PresenceChange,
  type PresenceStore,
  type Present,
  presenceChange,
} from "../canvas/presence.ts";

/** What is said at once: changes within this time are one. */
const GATHER_MS = 50;
/** So often a second cursors and drags are told, however many move. */
const GLIMPSE_MS = 33;

export type PeopleOptions = {
  project: ProjectId;
  instance: string;
  store: PresenceStore;
  changed: (change: PresenceChange) => void;
  glimpsed: (glimpse: Glimpse) => void;
};

/** Somebody's tab. */
export type Tab = { actor: Actor; selection: readonly NodeId[] };

/** Who looks at one canvas, here and at other instances, and what they point at. */
export const createPeople = ({ project, instance, store, changed, glimpsed }: PeopleOptions) => {
  const tabs = new Set<Tab>();
  const cursors = new Map<string, { x: number; y: number }>();
  const drags = new Map<string, Position[]>();
  let others: Present[] = [];
  let known: Present[] = [];
  let gathering: Timer | undefined;
  let glimpsing: Timer | undefined;
  let hasEnded = false;

  const here = (): Present[] =>
    mergePeople(
      [...tabs].map(({ actor, selection }) => ({ ...actor, color: colorOf(actor.id), selection: [...selection] })),
    );
  const compare = () => {
    const now = mergePeople([...here(), ...others]);
    const change = presenceChange(known, now);
    known = now;
    if (change !== null) changed(change);
  };
  /** Finds out who is with other instances. */
  const look = async (): Promise<void> => {
    others = await store.list(project, instance);
    if (!hasEnded) compare();
  };
  const say = async () => {
    await store.put(project, instance, here());
    store.announce(project, instance, { kind: "present" });
  };
  const sayLater = () => {
    compare();
    gathering ??= setTimeout(() => {
      gathering = undefined;
      void say();
    }, GATHER_MS);
  };
  const glimpseLater = () => {
    glimpsing ??= setTimeout(() => {
      glimpsing = undefined;
      const glimpse: Glimpse = {
        cursors: [...cursors].slice(0, MAX_PEOPLE).map(([id, at]) => ({ id, ...at })),
        drags: [...drags].slice(0, MAX_PEOPLE).map(([id, positions]) => ({ id, positions })),
      };
      cursors.clear();
      drags.clear();
      glimpsed(glimpse);
      store.announce(project, instance, { kind: "glimpse", glimpse });
    }, GLIMPSE_MS);
  };

  return {
    enter(tab: Tab) {
      tabs.add(tab);
      sayLater();
    },
    leave(tab: Tab) {
      tabs.delete(tab);
      sayLater();
    },
    select(tab: Tab, nodes: readonly NodeId[]) {
      tab.selection = nodes;
      sayLater();
    },
    /** Only the last place of each counts, and of each person one. */
    point(tab: Tab, at: { x: number; y: number }) {
      cursors.set(tab.actor.id, at);
      glimpseLater();
    },
    drag(tab: Tab, positions: Position[]) {
      drags.set(tab.actor.id, positions);
      glimpseLater();
    },
    /** Everybody, as it was told last. */
    list: (): Present[] => known,
    look,
    /** Says again who is here, for a store that forgot. */
    async beat(): Promise<void> {
      await store.put(project, instance, here());
      await look();
    },
    async end(): Promise<void> {
      hasEnded = true;
      clearTimeout(gathering);
      clearTimeout(glimpsing);
      tabs.clear();
      await say();
    },
  };
};

export type People = ReturnType<typeof createPeople>;
