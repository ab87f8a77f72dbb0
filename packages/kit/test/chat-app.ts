import { z } from "zod";
import { defineApp } from "../src/app.ts";
import { EDITORS, READERS } from "../src/authorize.ts";
import { DomainError } from "../src/errors.ts";
import { type SocketSession, socketRoute } from "../src/http/socket.ts";
import type { OrganisationId } from "../src/ids.ts";
import { defineManifest } from "../src/manifest.ts";
import { actorOf, isMember } from "../src/principal.ts";

const Incoming = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("say"), id: z.string().max(40).optional(), text: z.string().max(100) }),
  z.strictObject({ type: z.literal("rename"), id: z.string().max(40).optional() }),
  z.strictObject({ type: z.literal("fill"), count: z.int().max(100_000), size: z.int().max(60_000) }),
  z.strictObject({ type: z.literal("hold") }),
]);
const Outgoing = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("state"), said: z.int(), as: z.string() }),
  z.strictObject({ type: z.literal("said"), text: z.string(), role: z.string() }),
  z.strictObject({ type: z.literal("filler"), number: z.int(), text: z.string() }),
]);

/** A small app of sockets for tests of them: rooms that everybody may read, and editors write in. */
export const createChatApp = () => {
  const seen = { opened: 0, closed: [] as number[], resynced: 0, binary: 0, gone: new Set<string>() };
  let said = 0;
  const held = Promise.withResolvers<void>();
  const room = socketRoute({
    path: "/api/v1/chat/rooms/:room/socket",
    action: "chat:read",
    resource: "room",
    summary: "Talk in a room",
    input: z.object({ room: z.string().max(40), since: z.coerce.number().int().min(0).default(0) }),
    incoming: Incoming,
    outgoing: Outgoing,
    actionOf: ({ type }) => (type === "rename" ? "chat:write" : null),
    onOverflow: "resync",
    open(socket, context): SocketSession<z.infer<typeof Incoming>> {
      if (context.input.since === 99) throw new DomainError("unavailable", "This room is being built.");
      seen.opened += 1;
      const as = isMember(context.principal) ? actorOf(context.principal).name : context.principal.kind;
      const sendState = () => socket.send({ type: "state", said, as });
      sendState();
      return {
        async message(message) {
          if (message.type === "hold") return held.promise;
          if (message.type === "fill") {
            const text = "x".repeat(message.size);
            for (let number = 0; number < message.count; number += 1) socket.send({ type: "filler", number, text });
            return;
          }
          if (message.type === "say" && message.text === "bug") throw new Error("the password is hunter2");
          if (message.type === "say" && message.text === "taken") throw new DomainError("conflict", "It was said.");
          said += 1;
          const role = isMember(context.principal) ? context.principal.role : "none";
          socket.send({ type: "said", text: message.type === "say" ? message.text : "renamed", role });
        },
        resync() {
          seen.resynced += 1;
          sendState();
        },
        closed: (code) => void seen.closed.push(code),
      };
    },
  });
  const bytes = socketRoute({
    path: "/api/v1/chat/rooms/:room/bytes",
    action: "chat:read",
    resource: "room",
    summary: "Bytes there and back",
    input: z.object({ room: z.string().max(40), make: z.coerce.number().int().max(1000).optional() }),
    incoming: z.never(),
    outgoing: z.never(),
    binary: true,
    onOverflow: "close",
    limits: { perPrincipal: 3 },
    open(socket, { input }) {
      const make = async () => {
        for (let i = 0; i < (input.make ?? 0) && socket.isOpen; i += 1) {
          seen.binary += 1;
          socket.sendBinary(new Uint8Array(64 * 1024));
          await socket.drained();
        }
      };
      void make();
      return { binary: (data) => socket.sendBinary(data.toReversed()) };
    },
  });
  const app = defineApp({
    manifest: defineManifest({
      id: "chat",
      name: "Chat",
      description: "Rooms.",
      icon: "rocket",
      routes: [],
      actions: { "chat:read": { roles: READERS, kinds: ["agent"] }, "chat:write": { roles: EDITORS } },
    }),
    contract: {},
    start: () => ({
      handlers: {},
      loaders: {
        room: async (scope, { room: name }) => {
          if (typeof name !== "string" || name === "missing" || seen.gone.has(name)) return null;
          if (scope === null) return { kind: "room", organisationId: null };
          const organisationId = name === "foreign" ? (Bun.randomUUIDv7() as OrganisationId) : scope.organisationId;
          return { kind: "room", organisationId };
        },
      },
      sockets: [room, bytes],
    }),
  });
  return { app, seen, letGo: held.resolve };
};

export const ROOM = "/api/v1/chat/rooms/one/socket";
export const BYTES = "/api/v1/chat/rooms/one/bytes";
