import { Instant, route } from "@homeport/kit/contract.ts";
import { z } from "zod";
import { MAX_EDGE_VARIABLES, MAX_EDGES } from "../canvas/edges.ts";
import { Coordinate, Extent, Level, MAX_NODES, MAX_NOTES, NoteColor } from "../canvas/node.ts";
import { Operation } from "../canvas/operation.ts";
import { MAX_DRAGGED, MAX_PEOPLE, MAX_SELECTED, PERSON_COLORS } from "../canvas/presence.ts";

/** The slug or the id of a project or environment. */
const Reference = z.string().min(1).max(60);

/** What operation ids are unique in: a browser tab, a run of a program. */
export const ClientId = z
  .string()
  .regex(/^[A-Za-z0-9-]{8,60}$/, "use 8 to 60 letters, digits and dashes that nobody else has: a UUID");

const Author = z.object({ kind: z.enum(["person", "service"]), id: z.string(), name: z.string() });
const Place = z.object({
  x: z.number(),
  y: z.number(),
  width: z.number().nullable(),
  height: z.number().nullable(),
  z: z.number(),
});
const Position = z.object({ id: z.uuid(), x: Coordinate, y: Coordinate, z: Level.optional() });
const WrittenNote = z.object({
  id: z.uuid(),
  text: z.string(),
  color: NoteColor,
  place: Place,
  version: z.number().int(),
});
const Note = WrittenNote.extend({ updatedBy: Author, updatedAt: Instant });

const graph = {
  services: z
    .array(z.object({ id: z.uuid(), slug: z.string(), group: z.uuid().nullable(), place: Place.nullable() }))
    .max(MAX_NODES),
  groups: z.array(z.object({ id: z.uuid(), slug: z.string(), place: Place.nullable() })).max(MAX_NODES),
  /** They follow what variables refer to; nobody draws them. */
  edges: z
    .array(z.object({ from: z.uuid(), to: z.uuid(), variables: z.array(z.string()).max(MAX_EDGE_VARIABLES) }))
    .max(MAX_EDGES),
};

const Status = z.object({
  service: z.uuid(),
  environment: z.uuid(),
  deployment: z.object({ id: z.uuid(), state: z.string() }).nullable(),
  live: z.boolean(),
});

const Draft = z.object({
  /** Rises with each change that is staged, discarded or applied. */
  version: z.number().int(),
  /** How many changes wait. */
  staged: z.number().int(),
});

const Person = z.object({
  id: z.string(),
  kind: z.enum(["person", "service"]),
  name: z.string(),
  /** One of so many colours of the design, always the same for the same person. */
  color: z
    .int()
    .min(0)
    .max(PERSON_COLORS - 1),
  selection: z.array(z.uuid()),
});

export const CanvasState = z.object({
  /** The newest effect that is in here; `since` of the next connection. */
  seq: z.number().int(),
  environment: z.uuid(),
  ...graph,
  notes: z.array(Note).max(MAX_NOTES),
  statuses: z.array(Status),
  draft: Draft,
  people: z.array(Person).max(MAX_PEOPLE),
});

/** Both versions of a note that two wrote at once; `theirs` is null when it was removed. */
export const NoteConflict = z.object({
  mine: z.object({ text: z.string().optional(), color: NoteColor.optional(), version: z.number().int() }),
  theirs: Note.nullable(),
});

const Refusal = z.object({
  code: z.enum(["not_found", "unprocessable", "conflict"]),
  message: z.string(),
  conflict: NoteConflict.optional(),
});

export const MAX_OPERATIONS = 100;

export const canvas = {
  get: route({
    method: "GET",
    path: "/projects/{project}/canvas",
    action: "canvas:read",
    resource: "project",
    summary: "Show the canvas of a project: services, groups, notes, edges, and who looks at it",
    input: z.object({ project: Reference, environment: Reference.optional() }),
    output: CanvasState,
  }),
  operate: route({
    method: "POST",
    path: "/projects/{project}/canvas/operations",
    action: "canvas:write",
    resource: "project",
    summary: "Move and resize what is on the canvas, and write notes, one operation after the other",
    input: z.strictObject({
      project: Reference,
      client: ClientId,
      operations: z.array(Operation).min(1).max(MAX_OPERATIONS),
    }),
    output: z.object({
      /** In the order of the operations. */
      outcomes: z.array(
        z.object({
          id: z.string(),
          seq: z.number().int().nullable(),
          /** Of a note that was made. */
          note: z.uuid().nullable(),
          refused: Refusal.nullable(),
        }),
      ),
    }),
  }),
};

/** What `…/canvas/socket` is opened with. */
export const CanvasSocketInput = z.object({
  project: Reference,
  environment: Reference.optional(),
  client: ClientId,
  /** The newest effect that the client has; what it missed is sent, or everything when that is too much. */
  since: z.coerce.number().int().min(0).optional(),
});

export const CanvasClientMessage = z.union([
  Operation,
  z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("selection"), nodes: z.array(z.uuid()).max(MAX_SELECTED) }),
    z.strictObject({ type: z.literal("cursor"), x: Coordinate, y: Coordinate }),
    z.strictObject({ type: z.literal("drag"), positions: z.array(Position).min(1).max(MAX_DRAGGED) }),
  ]),
]);

const Effect = z.discriminatedUnion("type", [
  z.object({ type: z.literal("node.moved"), positions: z.array(Position) }),
  z.object({ type: z.literal("node.resized"), node: z.uuid(), width: Extent, height: Extent }),
  z.object({ type: z.literal("note.created"), note: WrittenNote }),
  z.object({ type: z.literal("note.updated"), note: WrittenNote }),
  z.object({ type: z.literal("note.removed"), note: z.uuid() }),
]);

export const CanvasServerMessage = z.discriminatedUnion("type", [
  CanvasState.extend({ type: z.literal("state"), you: z.string() }),
  /** What was done, in order and without gaps, one's own included. */
  z.object({
    type: z.literal("ops"),
    ops: z.array(
      z.object({
        seq: z.number().int(),
        client: z.string(),
        id: z.string(),
        by: Author,
        at: Instant,
        effect: Effect,
      }),
    ),
  }),
  /** It is written down, and stays whatever happens. */
  z.object({ type: z.literal("ack"), id: z.string(), seq: z.number().int(), note: z.uuid().nullable() }),
  z.object({ type: z.literal("error"), id: z.string(), ...Refusal.shape, code: z.string() }),
  z.object({
    type: z.literal("presence"),
    joined: z.array(Person).optional(),
    left: z.array(z.string()).optional(),
    selections: z.array(z.object({ id: z.string(), nodes: z.array(z.uuid()) })).optional(),
    cursors: z.array(z.object({ id: z.string(), x: z.number(), y: z.number() })).optional(),
    drags: z.array(z.object({ id: z.string(), positions: z.array(Position) })).optional(),
  }),
  /** In place of the services, groups and edges that there were. */
  z.object({ type: z.literal("graph"), ...graph }),
  z.object({ type: z.literal("service-status"), statuses: z.array(Status) }),
  z.object({ type: z.literal("draft"), ...Draft.shape }),
]);
export type CanvasServerMessage = z.input<typeof CanvasServerMessage>;
