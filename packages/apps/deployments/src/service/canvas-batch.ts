import { audit } from "@homeport/kit/audit/audit.ts";
import { type Call, currentCall, runInCall } from "@homeport/kit/audit/call.ts";
import type { Tx } from "@homeport/kit/db/connect.ts";
import { newId } from "@homeport/kit/ids.ts";
import type { Actor } from "@homeport/kit/principal.ts";
import { MAX_NOTES, type NodeId, type Note, type NoteId, type Position } from "../canvas/node.ts";
import type { Effect, LoggedEffect, Operation, Outcome, Refused, Request, WrittenNote } from "../canvas/operation.ts";
import type { Project } from "../project.ts";
import { appendEffects, hasArranged, listDone, shrinkLog } from "../store/canvas-log.ts";
import {
  countNotes,
  findNote,
  insertNote,
  listKinds,
  lockCanvas,
  putPositions,
  putSize,
  removeNote,
  updateNote,
} from "../store/canvas-nodes.ts";

/** Moving things is told once in so long for each person: a line for every pixel would bury what matters. */
const ARRANGING_MS = 10 * 60_000;
/** The size of the log is looked at once in so many effects. */
const SHRINK_EVERY = 100;

type Of<T extends Operation["type"]> = Extract<Operation, { type: T }>;

/** Operations on one canvas, in one transaction: it is locked until the end, so that effects have one order. */
export const createCanvasBatch = async (tx: Tx, project: Project, requests: readonly Request[]) => {
  const before = await lockCanvas(tx, project);
  const done = new Map(
    (
      await listDone(
        tx,
        project.id,
        requests.map(({ client, operation }) => ({ client, id: operation.id })),
      )
    ).map((effect) => [keyOf(effect), effect] as const),
  );
  const kinds = await listKinds(
    tx,
    project,
    requests.flatMap(({ operation }) => nodesOf(operation)),
  );
  const effects: Omit<LoggedEffect, "at">[] = [];
  /** Moved, and not written yet: of a node that is moved many times only the last place is. */
  const moved = new Map<NodeId, { position: Position; by: Actor }>();
  const arranged = new Map<string, { by: Actor; call: Call | null }>();

  const flush = async () => {
    for (const each of Map.groupBy(moved.values(), ({ by }) => by.id).values()) {
      const by = each[0]?.by as Actor;
      await putPositions(
        tx,
        project,
        kinds,
        each.map(({ position }) => position),
        by,
      );
    }
    moved.clear();
  };

  const perform = async (operation: Operation, by: Actor): Promise<Effect | Refused> => {
    switch (operation.type) {
      case "node.move":
        return move(operation, by);
      case "node.resize":
        return resize(operation, by);
      case "note.create":
        return create(operation, by);
      case "note.update":
        return update(operation, by);
      case "note.remove":
        return remove(operation);
    }
  };

  const move = ({ positions }: Of<"node.move">, by: Actor): Effect | Refused => {
    const there = positions.filter(({ id }) => kinds.has(id));
    if (there.length === 0) return { code: "not_found", message: "Nothing of this is on the canvas any more." };
    for (const position of there) {
      const z = position.z ?? moved.get(position.id)?.position.z;
      moved.set(position.id, { position: { ...position, z }, by });
    }
    arranged.set(by.id, { by, call: currentCall() });
    return { type: "node.moved", positions: there };
  };

  const resize = async ({ node, width, height }: Of<"node.resize">, by: Actor): Promise<Effect | Refused> => {
    if (!kinds.has(node)) return { code: "not_found", message: "This is not on the canvas any more." };
    await flush();
    if (!(await putSize(tx, project, node, { width, height }, by))) {
      return { code: "unprocessable", message: "Put it somewhere first." };
    }
    arranged.set(by.id, { by, call: currentCall() });
    return { type: "node.resized", node, width, height };
  };

  const create = async (operation: Of<"note.create">, by: Actor): Promise<Effect | Refused> => {
    if ((await countNotes(tx, project.id)) >= MAX_NOTES) {
      return { code: "unprocessable", message: `A canvas has at most ${MAX_NOTES} notes.` };
    }
    const { x, y, width, height, text, color } = operation;
    const note: WrittenNote = { id: newId<NoteId>(), text, color, place: { x, y, width, height, z: 0 }, version: 1 };
    await insertNote(tx, project, note, by);
    kinds.set(note.id, "note");
    await audit(tx, { ...entryOf(project, note.id), after: { text, color } });
    return { type: "note.created", note };
  };

  const update = async (operation: Of<"note.update">, by: Actor): Promise<Effect | Refused> => {
    const theirs = await findNote(tx, project.id, operation.note);
    if (theirs === null || theirs.version !== operation.version) return conflict(operation, theirs);
    const { updatedBy: _by, updatedAt: _at, ...known } = theirs;
    const note: WrittenNote = {
      ...known,
      text: operation.text ?? theirs.text,
      color: operation.color ?? theirs.color,
      version: theirs.version + 1,
    };
    await updateNote(tx, project.id, note, by);
    await audit(tx, {
      ...entryOf(project, note.id),
      before: { text: theirs.text, color: theirs.color },
      after: { text: note.text, color: note.color },
    });
    return { type: "note.updated", note };
  };

  const remove = async (operation: Of<"note.remove">): Promise<Effect | Refused> => {
    const theirs = await findNote(tx, project.id, operation.note);
    if (theirs === null || theirs.version !== operation.version) return conflict(operation, theirs);
    await removeNote(tx, project.id, theirs.id);
    kinds.delete(theirs.id);
    moved.delete(theirs.id);
    await audit(tx, { ...entryOf(project, theirs.id), before: { text: theirs.text, color: theirs.color } });
    return { type: "note.removed", note: theirs.id };
  };

  return {
    /** Does it, unless it was done before; then it says again what came of it. */
    async apply({ operation, client, by }: Request): Promise<Outcome> {
      const { id } = operation;
      const key = keyOf({ client, id });
      const known = done.get(key);
      if (known !== undefined) return outcomeOf(known);
      const effect = await perform(operation, by);
      if ("code" in effect) return { id, done: false, refused: effect };
      const logged = { seq: before + effects.length + 1, client, id, by, effect };
      effects.push(logged);
      done.set(key, { ...logged, at: new Date() });
      return outcomeOf(logged);
    },

    async finish(): Promise<void> {
      await flush();
      const since = new Date(Date.now() - ARRANGING_MS);
      for (const { by, call } of arranged.values()) {
        if (await hasArranged(tx, project.id, by.id, since)) continue;
        const tell = () => audit(tx, { ...entryOf(project, null), after: { arranged: true } });
        await (call === null ? tell() : runInCall(call, tell));
      }
      await appendEffects(tx, project, effects);
      const isDue = Math.floor(before / SHRINK_EVERY) !== Math.floor((before + effects.length) / SHRINK_EVERY);
      if (isDue) await shrinkLog(tx, project.id);
    },
  };
};

const keyOf = ({ client, id }: { client: string; id: string }): string => `${client} ${id}`;

const nodesOf = (operation: Operation): NodeId[] => {
  if (operation.type === "node.move") return operation.positions.map(({ id }) => id);
  return operation.type === "node.resize" ? [operation.node] : [];
};

const outcomeOf = ({ id, seq, effect }: Omit<LoggedEffect, "at">): Outcome => ({
  id,
  done: true,
  seq,
  note: effect.type === "note.created" ? effect.note.id : null,
});

const conflict = (mine: Of<"note.update"> | Of<"note.remove">, theirs: Note | null): Refused => ({
  code: "conflict",
  message: theirs === null ? "This note was removed." : `${theirs.updatedBy.name} has changed this note.`,
  mine,
  theirs,
});

const entryOf = ({ id, organisationId, slug }: Project, note: NoteId | null) => ({
  app: "deployments",
  action: "canvas:write",
  organisationId,
  projectId: id,
  subject: note === null ? { kind: "canvas", id, name: slug } : { kind: "note", id: note },
});
