import { connect, createServer, type Server, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import type { Address } from "@homeport/clusters/contract.ts";

const CONNECT_TIMEOUT_MS = 5_000;

export type Forwarder = {
  /** Where new connections go, in turn; connections that exist stay where they are. None: they are refused. */
  setTargets(targets: Address[]): void;
  close(): void;
};

export type ListenProblem = { code: string };

/**
 * Listens on one address and hands connections on. `shared` lets it listen where another socket has taken the port on all
 * addresses, if that socket agreed to share (SO_REUSEPORT); the kernel then prefers ours, being more exact.
 *
 * @returns the error code when it cannot listen.
 */
export const openForwarder = async (listen: Address, shared: boolean): Promise<Forwarder | ListenProblem> => {
  let targets: Address[] = [];
  let turn = 0;
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const target = targets[turn++ % Math.max(1, targets.length)];
    if (target === undefined) return void client.destroy();
    void forward(client, target, open);
  });
  const problem = await startListening(server, listen, shared);
  if (problem !== null) return problem;
  server.unref();
  return {
    setTargets: (next) => {
      targets = next;
    },
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
};

const startListening = (server: Server, { host, port }: Address, reusePort: boolean): Promise<ListenProblem | null> =>
  new Promise((resolve) => {
    server.once("error", (err: NodeJS.ErrnoException) => resolve({ code: err.code ?? "UNKNOWN" }));
    server.listen({ host, port, reusePort }, () => resolve(null));
  });

const forward = async (client: Socket, target: Address, open: Set<Socket>): Promise<void> => {
  const upstream = connect({ host: target.host, port: target.port, allowHalfOpen: true });
  const late = setTimeout(() => upstream.destroy(new Error("no connection in time")), CONNECT_TIMEOUT_MS);
  upstream.once("connect", () => clearTimeout(late));
  for (const socket of [client, upstream]) open.add(socket);
  try {
    await Promise.all([pipeline(client, upstream), pipeline(upstream, client)]);
  } catch {
    // one side broke off: so does the other
  } finally {
    clearTimeout(late);
    for (const socket of [client, upstream]) {
      socket.destroy();
      open.delete(socket);
    }
  }
};
