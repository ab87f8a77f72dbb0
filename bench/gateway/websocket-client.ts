import { PATHS } from "./answers.ts";

/** `websocket-client.ts PORT HOST SOCKETS SECONDS`: each socket sends 64 bytes again whenever they came back. Prints JSON. */
const [port = "", host = "", socketCount = "0", seconds = "0"] = process.argv.slice(2);

const OPEN_MS = 5_000;
const MESSAGE = "0123456789abcdef".repeat(4);

/** Bun's own constructor; the types of the browser's, which takes no headers, come first in this repository. */
const HeaderSocket = WebSocket as unknown as new (url: string, options: Bun.WebSocketOptions) => WebSocket;

let messages = 0;
let failed = 0;
let isOver = false;

const openSocket = (): Promise<WebSocket> => {
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  const socket = new HeaderSocket(`ws://127.0.0.1:${port}${PATHS.socket}`, { headers: { host } });
  const timer = setTimeout(() => reject(new Error("a socket did not open in time")), OPEN_MS);
  socket.addEventListener("open", () => {
    clearTimeout(timer);
    resolve(socket);
  });
  socket.addEventListener("message", ({ data }) => {
    if (data === MESSAGE) messages += 1;
    else failed += 1;
    if (!isOver) socket.send(MESSAGE);
  });
  socket.addEventListener("close", () => {
    if (!isOver) failed += 1;
    reject(new Error("a socket was closed before it opened"));
  });
  return promise;
};

const sockets = await Promise.all(Array.from({ length: Number(socketCount) }, openSocket));
const startedAt = performance.now();
for (const socket of sockets) socket.send(MESSAGE);
await Bun.sleep(Number(seconds) * 1_000);
isOver = true;
const durationMs = performance.now() - startedAt;
process.stdout.write(JSON.stringify({ count: messages, durationMs, failed }));
process.exit(0);
