import { z } from "zod";

/** Which listeners of a port get new connections, by the order in which they began to listen; null: all of them. */
export const Share = z.object({ first: z.number().int().min(0), count: z.number().int().min(1) }).nullable();
export type Share = z.infer<typeof Share>;

/** What the supervisor tells a worker. `successor`: others serve the port from now on. */
export const Order = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("drain"), successor: z.boolean() }),
  z.object({ kind: z.literal("steer"), share: Share }),
]);
export type Order = z.infer<typeof Order>;

/** What a worker tells the supervisor: it listens; it no longer listens; it has sent new connections elsewhere, or why not. */
export const Report = z.union([
  z.literal("ready"),
  z.object({ kind: z.literal("draining") }),
  z.object({ kind: z.literal("steered"), error: z.string().max(500).nullable() }),
]);
export type Report = z.infer<typeof Report>;
