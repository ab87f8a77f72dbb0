import { join } from "node:path";
import { type AppContext, defineApp } from "@homeport/kit/app.ts";
import { EDITORS, READERS } from "@homeport/kit/authorize.ts";
import { defineManifest } from "@homeport/kit/manifest.ts";
import { createCanvasPresence } from "../src/adapters/canvas-presence.ts";
import { canvasHandlers } from "../src/api/canvas.ts";
import { canvasSocket } from "../src/api/canvas-socket.ts";
import { canvas } from "../src/contract/canvas.ts";
import { createCanvasParts } from "../src/service/canvas-parts.ts";
import { createEdgeSource } from "../src/service/edges.ts";
import { loaders } from "../src/service/loaders.ts";

/** The canvas of the deployments app and nothing else of it, on that app's own tables. */
export const canvasApp = defineApp({
  manifest: defineManifest({
    id: "deployments",
    name: "Deployments",
    description: "The canvas.",
    icon: "rocket",
    routes: [],
    actions: { "canvas:read": { roles: READERS }, "canvas:write": { roles: EDITORS } },
  }),
  contract: { canvas },
  migrations: join(import.meta.dir, "../src/migrations"),
  start({ sql, events, valkey, signal }: AppContext) {
    const presence = createCanvasPresence(valkey);
    const parts = createCanvasParts({ sql, events, presence, edges: createEdgeSource(sql), signal });
    const { project } = loaders(sql);
    return {
      handlers: { canvas: canvasHandlers(parts) },
      loaders: { project },
      sockets: [canvasSocket(parts)],
      stop: async () => {
        await parts.rooms.stop();
        presence.close();
      },
    };
  },
});
