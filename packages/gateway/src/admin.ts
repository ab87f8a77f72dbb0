import { chmod, mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";

export type AdminPages = {
  health(): unknown;
  isReady(): boolean;
  metrics(): string;
  table(): unknown;
};

/**
 * The gateway's own pages for operators and for the platform, on a unix socket only its user can open: what is here must
 * never be reachable through the gateway.
 */
export async function startAdmin(socketPath: string, pages: AdminPages): Promise<{ stop(): Promise<void> }> {
  await mkdir(dirname(socketPath), { recursive: true, mode: 0o700 });
  await rm(socketPath, { force: true }); // Bun does not take over a socket file that a killed process left behind
  const server = Bun.serve({
    unix: socketPath,
    fetch(request) {
      switch (new URL(request.url).pathname) {
        case "/healthz":
          return Response.json(pages.health());
        case "/readyz":
          return pages.isReady() ? Response.json({ ready: true }) : Response.json({ ready: false }, { status: 503 });
        case "/metrics":
          return new Response(pages.metrics(), { headers: { "content-type": "text/plain; version=0.0.4" } });
        case "/table":
          return Response.json(pages.table());
        default:
          return Response.json({ code: "not_found" }, { status: 404 });
      }
    },
  });
  await chmod(socketPath, 0o600);
  return {
    async stop() {
      await server.stop(true);
      await rm(socketPath, { force: true });
    },
  };
}
