import { chmod, mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { log } from "./log.ts";

/** Each may be answered later. One that throws is answered with 503. */
export type AdminPages = {
  health(): unknown;
  isReady(): boolean | Promise<boolean>;
  metrics(): string | Promise<string>;
  table(): unknown;
  /** Begins to put new processes in the place of those that serve. Absent where there is only this one. */
  reload?(): void;
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
    async fetch(request) {
      switch (new URL(request.url).pathname) {
        case "/healthz":
          return Response.json(await pages.health());
        case "/readyz":
          return (await pages.isReady())
            ? Response.json({ ready: true })
            : Response.json({ ready: false }, { status: 503 });
        case "/metrics":
          return new Response(await pages.metrics(), { headers: { "content-type": "text/plain; version=0.0.4" } });
        case "/table":
          return Response.json(await pages.table());
        case "/reload":
          if (pages.reload === undefined) break;
          if (request.method !== "POST") return Response.json({ code: "method_not_allowed" }, { status: 405 });
          pages.reload(); // longer than Bun lets a request on a unix socket wait for its answer: /healthz tells the outcome
          return Response.json({ reloading: true }, { status: 202 });
      }
      return Response.json({ code: "not_found" }, { status: 404 });
    },
    error(err) {
      log.warn({ err }, "a page of the admin socket failed");
      return Response.json({ code: "unavailable" }, { status: 503 });
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
