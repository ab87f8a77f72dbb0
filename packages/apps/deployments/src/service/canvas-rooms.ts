import type { PlatformEvent } from "@homeport/kit/events/event.ts";
import { isId, type ProjectId, type ServiceId } from "@homeport/kit/ids.ts";
import { createLogger } from "@homeport/kit/log.ts";
import { mergePeople, PRESENCE_BEAT_MS, type PresenceStore, type Present } from "../canvas/presence.ts";
import type { Project } from "../project.ts";
import type { Canvas } from "./canvas.ts";
import { createRoom, type Member, type Room, type Seat, type Stale } from "./canvas-room.ts";

const log = createLogger("canvas");

/** What is to be looked at after an event of this app. */
export const CANVAS_EVENTS: readonly string[] = ["deployments.*"];

export type RoomsOptions = {
  canvas: Canvas;
  presence: PresenceStore;
  /** A name that no other instance of the app has. */
  instance: string;
  signal: AbortSignal;
};

/** A place on a canvas, until it is left. */
export type Place = { room: Room; seat: Seat };

/** The canvases that somebody looks at through this instance of the app; nothing is kept of the others. */
export const createRooms = ({ canvas, presence, instance, signal }: RoomsOptions) => {
  const rooms = new Map<ProjectId, Room>();
  let beating: Timer | undefined;

  const enter = (project: Project): Room => {
    const known = rooms.get(project.id);
    if (known !== undefined) return known;
    const room = createRoom({ project, instance, canvas, presence, log });
    rooms.set(project.id, room);
    beating ??= setInterval(beat, PRESENCE_BEAT_MS);
    return room;
  };
  const closeIfEmpty = async (id: ProjectId, room: Room): Promise<void> => {
    if (room.seats.size > 0 || rooms.get(id) !== room) return;
    rooms.delete(id);
    if (rooms.size === 0) {
      clearInterval(beating);
      beating = undefined;
    }
    await room.end();
  };
  /** Also for signals that were lost: whoever is behind by then is no longer. */
  const beat = () => {
    for (const [projectId, room] of rooms) {
      Promise.all([room.people.beat(), room.look()]).catch((err) => log.warn({ err, projectId }, "a canvas is behind"));
    }
  };
  signal.addEventListener("abort", () => clearInterval(beating), { once: true });

  return {
    async join(project: Project, member: Member, since?: number): Promise<Place> {
      const room = enter(project);
      try {
        return { room, seat: await room.take(member, since) };
      } catch (err) {
        await closeIfEmpty(project.id, room);
        throw err;
      }
    },

    async leave({ id }: Project, { room, seat }: Place): Promise<void> {
      room.leave(seat);
      await closeIfEmpty(id, room);
    },

    /** Something was written on this canvas by this instance: tells everybody, wherever they are. */
    written({ id }: Project): void {
      presence.announce(id, instance, { kind: "written" });
      rooms
        .get(id)
        ?.look()
        .catch((err) => log.warn({ err, projectId: id }, "a canvas is behind"));
    },

    heard({ type, projectId, data }: Pick<PlatformEvent, "type" | "projectId" | "data">): void {
      const room = projectId === null ? undefined : rooms.get(projectId as ProjectId);
      if (room === undefined) return;
      if (type === "deployments.project.removed") room.dismissAll();
      for (const what of staleAfter(type, data)) room.markStale(what);
    },

    /** Who looks at a canvas through any instance. */
    async people({ id }: Project): Promise<Present[]> {
      return mergePeople([...(rooms.get(id)?.people.list() ?? []), ...(await presence.list(id, instance))]);
    },

    async stop(): Promise<void> {
      clearInterval(beating);
      await Promise.all([...rooms.values()].map((room) => room.end()));
      rooms.clear();
    },
  };
};

const staleAfter = (type: string, { serviceId }: Record<string, unknown>): Stale[] => {
  const [, noun] = type.split(".");
  if (noun === "changes") return ["draft", "graph"]; // applying them is what changes services and variables
  if (noun !== "deployment" && noun !== "release") return ["graph"];
  return typeof serviceId === "string" && isId(serviceId) ? [{ service: serviceId as ServiceId }] : [];
};

export type Rooms = ReturnType<typeof createRooms>;
