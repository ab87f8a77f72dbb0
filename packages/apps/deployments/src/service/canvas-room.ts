import type { ServiceId } from "@homeport/kit/ids.ts";
import type { Logger } from "@homeport/kit/log.ts";
import type { Actor } from "@homeport/kit/principal.ts";
import type { LoggedEffect } from "../canvas/operation.ts";
import type { Glimpse, PresenceChange, PresenceStore, Present, Signal } from "../canvas/presence.ts";
import type { CanvasState, DraftSummary, Graph, ServiceStatus } from "../canvas/view.ts";
import type { Environment } from "../environment.ts";
import type { Project } from "../project.ts";
import type { Canvas } from "./canvas.ts";
import { createPeople, type Tab } from "./canvas-people.ts";

/** What somebody on a canvas is told. */
export type Told =
  | { kind: "state"; state: CanvasState; people: Present[] }
  | { kind: "effects"; effects: LoggedEffect[] }
  | { kind: "presence"; change: PresenceChange }
  | { kind: "glimpse"; glimpse: Glimpse }
  | { kind: "graph"; graph: Graph }
  | { kind: "statuses"; statuses: ServiceStatus[] }
  | { kind: "draft"; draft: DraftSummary };

export type Member = {
  actor: Actor;
  environment: Environment;
  tell: (told: Told) => void;
  /** They have to connect again, or the canvas is gone. */
  dismiss: () => void;
};

/** Somebody in a room. Until they have the state (`at` is its number) they are told nothing that is in order. */
export type Seat = { member: Member; tab: Tab; at: number | null; held: Told[] };

/** What is to be read anew for everybody. */
export type Stale = "graph" | "draft" | { service: ServiceId };

export type RoomOptions = {
  project: Project;
  instance: string;
  canvas: Canvas;
  presence: PresenceStore;
  log: Logger;
};

/** Events come in bursts; what they make stale is read once in so long. */
const REFRESH_MS = 100;
/** Effects of one message, by what they tell: places of nodes, and notes as so many of these. */
const CHUNK = 2_000;
const NOTE_WEIGHT = 50;
/** Told while somebody's state is being read; whoever would miss more gets the state once more. */
const MAX_HELD = 100;

/** Everybody who looks at one canvas through this instance of the app. */
export const createRoom = ({ project, instance, canvas, presence, log }: RoomOptions) => {
  const seats = new Set<Seat>();
  const staleServices = new Set<ServiceId>();
  const stale = new Set<"graph" | "draft">();
  let head = 0;
  let refreshing: Timer | undefined;
  let looking: Promise<void> | null = null;
  let mustLookAgain = false;

  const tellAll = (told: Told, to: (seat: Seat) => boolean = () => true) => {
    for (const seat of seats) {
      if (!to(seat)) continue;
      if (seat.at !== null) seat.member.tell(told);
      else if (told.kind !== "glimpse" && seat.held.length < MAX_HELD) seat.held.push(told);
    }
  };
  const people = createPeople({
    project: project.id,
    instance,
    store: presence,
    changed: (change) => tellAll({ kind: "presence", change }),
    glimpsed: (glimpse) => tellAll({ kind: "glimpse", glimpse }),
  });
  const deaf = presence.listen(project.id, instance, (signal) => hear(signal));
  const ready = canvas.head(project).then((seq) => {
    head = Math.max(head, seq);
  });

  const hear = (signal: Signal) => {
    if (signal.kind === "written") void look();
    else if (signal.kind === "present") void people.look();
    else tellAll({ kind: "glimpse", glimpse: signal.glimpse });
  };

  /** Tells what was written since the last look, by whichever instance. */
  const look = (): Promise<void> => {
    mustLookAgain = true;
    looking ??= lookOn().finally(() => {
      looking = null;
    });
    return looking;
  };
  const lookOn = async () => {
    await ready;
    while (mustLookAgain) {
      mustLookAgain = false;
      for (let effects = await canvas.effects(project, head); effects.length > 0; ) {
        const first = effects[0]?.seq ?? 0;
        // Some are no longer kept: nobody looked for long. Everybody starts anew.
        const hasGap = first !== head + 1;
        head = effects.at(-1)?.seq ?? head;
        if (hasGap) await Promise.all([...seats].map((each) => seatAnew(each)));
        else for (const each of seats) tellEffects(each, effects);
        effects = await canvas.effects(project, head);
      }
    }
  };
  const tellEffects = (taken: Seat, effects: readonly LoggedEffect[]) => {
    const { at, member } = taken;
    if (at === null) return;
    const news = effects.filter(({ seq }) => seq > at);
    tellInOrder(member, news);
    taken.at = news.at(-1)?.seq ?? at;
  };

  /** Gives somebody everything, or what they missed since `since`, and lets them follow from there. */
  const seat = async (taken: Seat, since?: number): Promise<void> => {
    taken.at = null;
    taken.held = [];
    await ready;
    const missed = since === undefined ? null : await canvas.missed(project, since);
    const seq = missed === null ? await tellState(taken) : await tellMissed(taken, missed);
    await follow(taken, seq ?? since ?? 0);
    const held = taken.held.splice(0);
    if (held.length === MAX_HELD) return seat(taken);
    for (const told of held) taken.member.tell(told);
  };
  const tellState = async (taken: Seat): Promise<number> => {
    const state = await canvas.state(project, taken.member.environment.id);
    tellWithPeople(taken, (present) => ({ kind: "state", state, people: present }));
    return state.seq;
  };
  const tellMissed = async (taken: Seat, missed: readonly LoggedEffect[]): Promise<number | undefined> => {
    const { member } = taken;
    const [graph, statuses, draft] = await Promise.all([
      canvas.graph(project),
      canvas.statuses(project, { environment: member.environment.id }),
      canvas.draft(project),
    ]);
    tellInOrder(member, missed);
    member.tell({ kind: "graph", graph });
    member.tell({ kind: "statuses", statuses });
    member.tell({ kind: "draft", draft });
    tellWithPeople(taken, (joined) => ({ kind: "presence", change: { joined, left: [], selections: [] } }));
    return missed.at(-1)?.seq;
  };
  /** What was held of who came and went is older than who is there now. */
  const tellWithPeople = (taken: Seat, told: (present: Present[]) => Told) => {
    taken.held = taken.held.filter(({ kind }) => kind !== "presence");
    taken.member.tell(told(people.list()));
  };
  /** Tells what the room told the others while this one's state was read; from then on they hear it together. */
  const follow = async (taken: Seat, from: number) => {
    let seq = from;
    while (seq < head && seats.has(taken)) {
      const effects = await canvas.effects(project, seq);
      tellInOrder(taken.member, effects);
      seq = effects.at(-1)?.seq ?? head;
    }
    taken.at = seq;
  };

  /** Whoever cannot be given it connects again. */
  const seatAnew = async (taken: Seat): Promise<void> => {
    try {
      await seat(taken);
    } catch (err) {
      log.warn({ err, projectId: project.id }, "a canvas could not be read anew");
      taken.member.dismiss();
    }
  };
  const leave = (taken: Seat) => {
    seats.delete(taken);
    people.leave(taken.tab);
  };

  const refresh = async () => {
    const wanted = new Set(stale);
    const services = [...staleServices];
    stale.clear();
    staleServices.clear();
    if (wanted.has("graph")) tellAll({ kind: "graph", graph: await canvas.graph(project) });
    if (wanted.has("draft")) tellAll({ kind: "draft", draft: await canvas.draft(project) });
    for (const service of services) {
      const all = await canvas.statuses(project, { service });
      for (const [environment, statuses] of Map.groupBy(all, (status) => status.environment)) {
        tellAll({ kind: "statuses", statuses }, ({ member }) => member.environment.id === environment);
      }
    }
  };

  return {
    people,
    look,
    seats,
    async take(member: Member, since?: number): Promise<Seat> {
      const taken: Seat = { member, tab: { actor: member.actor, selection: [] }, at: null, held: [] };
      seats.add(taken);
      people.enter(taken.tab);
      void people.look();
      try {
        await seat(taken, since);
      } catch (err) {
        leave(taken);
        throw err;
      }
      return taken;
    },
    /** Everything anew, for somebody who lost some of it. */
    again: seatAnew,
    markStale(what: Stale) {
      if (typeof what === "string") stale.add(what);
      else staleServices.add(what.service);
      refreshing ??= setTimeout(() => {
        refreshing = undefined;
        refresh().catch((err) => log.warn({ err, projectId: project.id }, "a canvas is behind"));
      }, REFRESH_MS);
    },
    leave,
    dismissAll() {
      for (const { member } of seats) member.dismiss();
    },
    async end(): Promise<void> {
      clearTimeout(refreshing);
      deaf();
      await people.end();
    },
  };
};

const tellInOrder = ({ tell }: Member, effects: readonly LoggedEffect[]) => {
  let chunk: LoggedEffect[] = [];
  let weight = 0;
  for (const one of effects) {
    chunk.push(one);
    weight += one.effect.type === "node.moved" ? one.effect.positions.length : NOTE_WEIGHT;
    if (weight < CHUNK) continue;
    tell({ kind: "effects", effects: chunk });
    chunk = [];
    weight = 0;
  }
  if (chunk.length > 0) tell({ kind: "effects", effects: chunk });
};

export type Room = ReturnType<typeof createRoom>;
