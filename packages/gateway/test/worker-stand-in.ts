/**
 * A worker that is quick to start: speaks HTTP well enough for keep-alive clients, answers each request with its pid, and does
 * what the file named by its first argument says. Everything that a supervisor sees of it is the gateway's own code.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { startAdmin } from "../src/admin.ts";
import { adminSocket, readConfig } from "../src/config.ts";
import { obey, reportDraining, reportReady } from "../src/workers/obey.ts";

export type Behaviour = {
  /** These numbers die at once. */
  dying?: number[];
  /** They listen, and never become ready. */
  isUnready?: boolean;
};

const [, , folder = ""] = process.argv;
const { port, worker = 0, socketName } = readConfig();
appendFileSync(`${folder}/starts`, `${worker} ${Date.now()}\n`);
const behaviour = JSON.parse(readFileSync(`${folder}/behaviour.json`, "utf8")) as Behaviour;
if (behaviour.dying?.includes(worker) === true) process.exit(7);

type Connection = { received: string; waiting: number };
type Socket = Bun.Socket<Connection>;

const PREFIX = "homeport_gateway_";
const isBusy = (socket: Socket): boolean => socket.data.waiting > 0;

const connections = new Set<Socket>();
let isListening = true;
let hasSuccessor = false;
const { promise: allClosed, resolve: closeAll } = Promise.withResolvers<void>();

function answer(socket: Socket): void {
  socket.data.waiting--;
  const close = isListening ? "" : "Connection: close\r\n";
  const body = String(process.pid);
  socket.write(`HTTP/1.1 200 OK\r\n${close}Content-Length: ${body.length}\r\n\r\n${body}`);
  if (!isListening) socket.end();
}

const where = { hostname: "127.0.0.1", port, reusePort: true }; // reusePort is missing in Bun's types

const listener = Bun.listen<Connection>({
  ...where,
  data: { received: "", waiting: 0 },
  socket: {
    open(socket) {
      socket.data = { received: "", waiting: 0 }; // or all would share one
      connections.add(socket);
    },
    data(socket, chunk) {
      const requests = (socket.data.received + chunk.toString("latin1")).split("\r\n\r\n");
      socket.data.received = requests.pop() ?? "";
      for (const request of requests) {
        socket.data.waiting++;
        if (request.startsWith("GET /slow")) setTimeout(() => answer(socket), 300);
        else answer(socket);
      }
    },
    close(socket) {
      connections.delete(socket);
      if (!isListening && connections.size === 0) closeAll();
    },
  },
});

const admin = await startAdmin(adminSocket(folder, socketName), {
  health: () => ({ status: "ok", version: "stand-in", valkey: "up" }),
  isReady: () => behaviour.isUnready !== true,
  metrics: () => {
    const gauges = { table_revision: worker + 10, requests_in_flight: [...connections].filter(isBusy).length };
    const lines = Object.entries(gauges).map(
      ([name, value]) => `# TYPE ${PREFIX}${name} gauge\n${PREFIX}${name} ${value}\n`,
    );
    return lines.join("");
  },
  table: () => ({ revision: worker + 10, routes: [] }),
});

async function stop(successor: boolean): Promise<void> {
  hasSuccessor ||= successor;
  listener.stop();
  isListening = false;
  void reportDraining({ isListening });
  if (!hasSuccessor) for (const socket of connections) if (!isBusy(socket)) socket.end();
  if (connections.size === 0) closeAll();
  await Promise.race([allClosed, Bun.sleep(1_000)]);
  await admin.stop();
  process.exit(0);
}

obey((successor) => void stop(successor));
reportReady();
