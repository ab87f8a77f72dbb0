import type { Actor } from "@homeport/kit/principal.ts";
import { z } from "zod";
import {
  Coordinate,
  Extent,
  Level,
  MAX_NODES,
  type NodeId,
  type Note,
  NoteColor,
  type NoteId,
  NoteText,
  type Position,
} from "./node.ts";

/** What a client calls an operation. Repeated by the same client it is acknowledged, and not done twice. */
const OperationId = z.string().min(1).max(40);
const Node = z.uuid().transform((id) => id as NodeId);
const NoteReference = z.uuid().transform((id) => id as NoteId);
const PositionInput = z.strictObject({ id: Node, x: Coordinate, y: Coordinate, z: Level.optional() });

/** Changes of the canvas that last. None of them is what runs, so they are done at once and never staged. */
export const Operation = z.discriminatedUnion("type", [
  /** The last writer wins, node by node. */
  z.strictObject({
    type: z.literal("node.move"),
    id: OperationId,
    positions: z.array(PositionInput).min(1).max(MAX_NODES),
  }),
  z.strictObject({ type: z.literal("node.resize"), id: OperationId, node: Node, width: Extent, height: Extent }),
  z.strictObject({
    type: z.literal("note.create"),
    id: OperationId,
    x: Coordinate,
    y: Coordinate,
    width: Extent.default(200),
    height: Extent.default(120),
    text: NoteText.default(""),
    color: NoteColor.default("yellow"),
  }),
  z.strictObject({
    type: z.literal("note.update"),
    id: OperationId,
    note: NoteReference,
    /** As its writer saw it; refused with both when somebody wrote since. */
    version: z.int().min(1),
    text: NoteText.optional(),
    color: NoteColor.optional(),
  }),
  z.strictObject({ type: z.literal("note.remove"), id: OperationId, note: NoteReference, version: z.int().min(1) }),
]);
export type Operation = z.infer<typeof Operation>;

/** What came of an operation, as everybody is told and as the log keeps it. */
export type Effect =
  | { type: "node.moved"; positions: Position[] }
  | { type: "node.resized"; node: NodeId; width: number; height: number }
  | { type: "note.created"; note: WrittenNote }
  | { type: "note.updated"; note: WrittenNote }
  | { type: "note.removed"; note: NoteId };

/** A note as it is written down. */
export type WrittenNote = Omit<Note, "updatedBy" | "updatedAt">;

/** An effect in its place: gapless from 1 in each project. `client` and `id` are those of the operation. */
export type LoggedEffect = { seq: number; client: string; id: string; by: Actor; at: Date; effect: Effect };

/** Somebody's operation; `client` is what the operation ids of one browser tab or program are unique in. */
export type Request = { operation: Operation; client: string; by: Actor };

export type Refused =
  | { code: "not_found"; message: string }
  | { code: "unprocessable"; message: string }
  /** Somebody wrote in between. `theirs` is null when they removed it. */
  | { code: "conflict"; message: string; mine: Operation; theirs: Note | null };

export type Outcome = { id: string } & (
  | { done: true; seq: number; note: NoteId | null }
  | { done: false; refused: Refused }
);

/** How many effects of a project are kept for those who come back, and how large they are together. */
export const KEPT_EFFECTS = 5_000;
export const KEPT_BYTES = 8 * 1024 * 1024;
/** Who missed more than this gets the whole state, which is smaller. */
export const REPLAY_EFFECTS = 2_000;
export const REPLAY_BYTES = 512 * 1024;
