import type { Files } from "./repositories.ts";

/**
 * A server of requests and WebSockets that ends as a well-behaved one does: on SIGTERM it takes nothing new, answers what
 * it has, and closes its sockets with 1001, "going away".
 */
export const steadyServer = (): Files => ({
  "package.json": JSON.stringify({
    name: "steady",
    private: true,
    version: "1.0.0",
    engines: { bun: ">=1.4" },
    scripts: { start: "bun server.ts" },
  }),
  "server.ts": `const sockets = new Set<{ close(code: number, reason: string): void }>();
const server = Bun.serve({
  port: Number(process.env.PORT),
  fetch(request, server) {
    if (request.headers.get("upgrade") === "websocket" && server.upgrade(request)) return undefined;
    return new Response(process.env.SAYS ?? "nothing");
  },
  websocket: {
    open: (socket) => void sockets.add(socket),
    close: (socket) => void sockets.delete(socket),
    message: (socket, text) => void socket.send(text),
  },
});
process.on("SIGTERM", async () => {
  for (const socket of sockets) socket.close(1001, "going away");
  await server.stop();
  process.exit(0);
});
`,
});
