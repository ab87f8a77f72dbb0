import type { z } from "zod";
import type { Note } from "../canvas/node.ts";
import type { LoggedEffect, Outcome, Refused } from "../canvas/operation.ts";
import type { Present } from "../canvas/presence.ts";
import type { CanvasState, Graph, ServiceStatus } from "../canvas/view.ts";
import type { CanvasServerMessage, CanvasState as WireState } from "../contract/canvas.ts";
import type { Environment } from "../environment.ts";
import type { Told } from "../service/canvas-room.ts";

const noteToWire = (note: Note) => ({ ...note, updatedAt: note.updatedAt.toISOString() });

const statusToWire = ({ service, environment, deployment, isLive }: ServiceStatus) => ({
  service,
  environment,
  deployment,
  live: isLive,
});

const graphToWire = ({ services, groups, edges }: Graph) => ({ services, groups, edges });

export const stateToWire = (
  state: CanvasState,
  people: Present[],
  environment: Environment,
): z.input<typeof WireState> => ({
  seq: state.seq,
  environment: environment.id,
  ...graphToWire(state),
  notes: state.notes.map(noteToWire),
  statuses: state.statuses.map(statusToWire),
  draft: state.draft,
  people,
});

const effectToWire = ({ seq, client, id, by, at, effect }: LoggedEffect) => ({
  seq,
  client,
  id,
  by,
  at: at.toISOString(),
  effect,
});

export const refusalToWire = (refused: Refused) => {
  const { code, message } = refused;
  if (refused.code !== "conflict") return { code, message };
  const { mine, theirs } = refused;
  const written = mine.type === "note.update" ? { text: mine.text, color: mine.color } : {};
  const version = "version" in mine ? mine.version : 0;
  return {
    code,
    message,
    conflict: { mine: { ...written, version }, theirs: theirs === null ? null : noteToWire(theirs) },
  };
};

export const outcomeToWire = (outcome: Outcome) => ({
  id: outcome.id,
  seq: outcome.done ? outcome.seq : null,
  note: outcome.done ? outcome.note : null,
  refused: outcome.done ? null : refusalToWire(outcome.refused),
});

export const outcomeToMessage = (outcome: Outcome): CanvasServerMessage =>
  outcome.done
    ? { type: "ack", id: outcome.id, seq: outcome.seq, note: outcome.note }
    : { type: "error", id: outcome.id, ...refusalToWire(outcome.refused) };

/** The same for everybody, so it is made once; the state is one reader's own. */
const shared = new WeakMap<Told, CanvasServerMessage>();

export const toldToWire = (told: Told, reader: { id: string; environment: Environment }): CanvasServerMessage => {
  if (told.kind === "state") {
    return { type: "state", you: reader.id, ...stateToWire(told.state, told.people, reader.environment) };
  }
  const known = shared.get(told) ?? messageOf(told);
  shared.set(told, known);
  return known;
};

const messageOf = (told: Exclude<Told, { kind: "state" }>): CanvasServerMessage => {
  switch (told.kind) {
    case "effects":
      return { type: "ops", ops: told.effects.map(effectToWire) };
    case "presence":
      return { type: "presence", ...told.change };
    case "glimpse":
      return { type: "presence", ...told.glimpse };
    case "graph":
      return { type: "graph", ...graphToWire(told.graph) };
    case "statuses":
      return { type: "service-status", statuses: told.statuses.map(statusToWire) };
    case "draft":
      return { type: "draft", ...told.draft };
  }
};
