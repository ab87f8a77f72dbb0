import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Server } from "bun";
import type { PlatformConfig } from "../config.ts";
import type { Connection } from "./socket-connection.ts";
import type { SocketServer } from "./socket-server.ts";

/** Bun's largest body; the routes set limits of their own. `2 ** 40`, because `1 << 40` is 256. */
const NO_BODY_LIMIT = 2 ** 40;

type Fetch = (request: Request) => Response | Promise<Response>;

/** Listens where the process was told to, or on a socket of the app's own; `baseUrl` is what the registry is told. */
export const listen = (
  config: PlatformConfig,
  appId: string,
  instance: string,
  handle: Fetch,
  { upgrade, websocket }: SocketServer,
) => {
  const common = {
    // Streams are quiet for long, and the gateway bounds its clients. `server.timeout(request, 0)` would do for TCP,
    // but has no effect on unix sockets (Bun 1.4.5).
    idleTimeout: 0,
    maxRequestBodySize: NO_BODY_LIMIT,
    fetch: (request: Request, server: Server<Connection>) => upgrade(request, server) ?? handle(request),
    websocket,
  };
  if (config.listen !== null) {
    const [hostname, port] = config.listen.split(":") as [string, string];
    const listener = Bun.serve({ ...common, hostname, port: Number(port) });
    return { listener, baseUrl: `http://${hostname}:${listener.port}` };
  }
  const unix = join(config.runDir, `${appId}-${instance.slice(-6)}.sock`);
  rmSync(unix, { force: true }); // a name of an unclean stop would refuse the bind
  // Bun's types leave idleTimeout out for unix sockets; it works there, and without it a quiet stream is cut after 10 s.
  const options = { ...common, unix } as unknown as Parameters<typeof Bun.serve>[0];
  return { listener: Bun.serve(options), baseUrl: `unix:${unix}` };
};
