import type { Id, ServiceId } from "@homeport/kit/ids.ts";
import type { Actor } from "@homeport/kit/principal.ts";
import { z } from "zod";
import type { GroupId } from "../scope.ts";

export type NoteId = Id<"note">;
/** Services and groups are nodes under their own ids; notes have ids of the canvas. */
export type NodeId = ServiceId | GroupId | NoteId;
export type NodeKind = "service" | "group" | "note";

/** Of one project; services and groups together. */
export const MAX_NODES = 500;
export const MAX_NOTES = 100;
export const MAX_NOTE_BYTES = 4 * 1024;

/** In pixels of the canvas; farther out nobody finds it again. */
export const Coordinate = z.number().min(-1_000_000).max(1_000_000);
export const Extent = z.number().int().min(20).max(20_000);
/** What lies on what: higher is nearer. */
export const Level = z.number().int().min(-1_000_000).max(1_000_000);
export const NoteColor = z.enum(["yellow", "blue", "green", "pink", "purple", "gray"]);
export type NoteColor = z.infer<typeof NoteColor>;
export const NoteText = z
  .string()
  .refine((text) => new TextEncoder().encode(text).length <= MAX_NOTE_BYTES, `use at most ${MAX_NOTE_BYTES} bytes`)
  .refine((text) => !text.includes("\u0000"), "must not contain NUL");

/** Where something is; width and height are null where its content says how large it is. */
export type Place = { x: number; y: number; width: number | null; height: number | null; z: number };

export type Position = { id: NodeId; x: number; y: number; z?: number | undefined };

/** Its version rises with each change of its text or colour; places have none, the last one holds. */
export type Note = {
  id: NoteId;
  text: string;
  color: NoteColor;
  place: Place;
  version: number;
  updatedBy: Actor;
  updatedAt: Date;
};
