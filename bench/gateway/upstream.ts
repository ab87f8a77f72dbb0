import { closeSync, ftruncateSync, openSync } from "node:fs";
import { join } from "node:path";
import { MIB, PATHS, patternBody, SLOW_BYTES, smallJson } from "./answers.ts";

/** The app behind the proxies, a process of its own: `upstream.ts PORT OTHER_PORT SOCKET`. The ports differ in `who` only. */
const [port = "", otherPort = "", socketPath = ""] = process.argv.slice(2);

const JSON_TEXT = smallJson();
const JSON_HEADERS = { "content-type": "application/json" };
const BODY_64_KIB = patternBody(64 * 1024);
const BODY_10_MIB = patternBody(10 * MIB);

/** Holes of a file cost neither memory nor disk. */
const sparseFile = (path: string): Blob => {
  const file = openSync(path, "w");
  ftruncateSync(file, SLOW_BYTES);
  closeSync(file);
  return Bun.file(path);
};
const slowBody = sparseFile(join(process.cwd(), "upstream-200m"));

const countBytes = async (request: Request): Promise<Response> => {
  let bytes = 0;
  for await (const chunk of request.body ?? []) bytes += chunk.byteLength;
  return new Response(String(bytes));
};

const app = (name: string) => ({
  // Longer than a proxy keeps an idle connection: a race between the two would look like the proxy's failure.
  idleTimeout: 255,
  routes: {
    [PATHS.json]: () => new Response(JSON_TEXT, { headers: JSON_HEADERS }),
    [PATHS.body64KiB]: () => new Response(BODY_64_KIB),
    [PATHS.body10MiB]: () => new Response(BODY_10_MIB),
    [PATHS.body200MB]: () => new Response(slowBody),
    [PATHS.upload]: countBytes,
    [PATHS.who]: () => new Response(name),
  },
  fetch: (request: Request, server: Bun.Server<undefined>) =>
    server.upgrade(request) ? undefined : new Response("no such path", { status: 404 }),
  websocket: {
    message: (socket: Bun.ServerWebSocket<undefined>, message: string | Buffer) => void socket.send(message),
  },
});

Bun.serve({ ...app("first"), hostname: "127.0.0.1", port: Number(port) });
Bun.serve({ ...app("second"), hostname: "127.0.0.1", port: Number(otherPort) });
// Bun's types know no idleTimeout on a unix socket; Bun 1.4.5 obeys it there too.
Bun.serve({ ...app("unix"), unix: socketPath } as unknown as Bun.Serve.Options<undefined>);
