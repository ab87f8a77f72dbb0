import type { Sql } from "@homeport/kit/db/connect.ts";
import type { EventLog } from "@homeport/kit/events/log.ts";
import type { EdgeSource } from "../canvas/edges.ts";
import type { PresenceStore } from "../canvas/presence.ts";
import { type Canvas, createCanvas } from "./canvas.ts";
import { CANVAS_EVENTS, createRooms, type Rooms } from "./canvas-rooms.ts";
import { type CanvasWriter, createCanvasWriter } from "./canvas-writer.ts";

/** What the canvas' routes and its socket work with. */
export type CanvasParts = { canvas: Canvas; writer: CanvasWriter; rooms: Rooms };

export type CanvasOptions = {
  sql: Sql;
  events: Pick<EventLog, "subscribe">;
  presence: PresenceStore;
  edges: EdgeSource;
  /** Ends when the app stops. */
  signal: AbortSignal;
};

export const createCanvasParts = ({ sql, events, presence, edges, signal }: CanvasOptions): CanvasParts => {
  const canvas = createCanvas(sql, edges);
  const rooms = createRooms({ canvas, presence, instance: Bun.randomUUIDv7(), signal });
  const forget = events.subscribe(CANVAS_EVENTS, (event) => rooms.heard(event));
  signal.addEventListener("abort", forget, { once: true });
  return { canvas, rooms, writer: createCanvasWriter(sql, (project) => rooms.written(project)) };
};
