import { connect, createServer, type Socket } from "node:net";

/** A unix socket, or a port (0: any) of this machine, in front of a unix socket, whose connections can be broken or held up. */
export const startSocketProxy = async (at: string | number, target: string) => {
  const sockets = new Set<Socket>();
  let holding = false;
  const server = createServer((client) => {
    const upstream = connect({ path: target });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on("data", (chunk) => {
        if (!holding) to.write(chunk);
      });
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => {
        to.destroy();
        sockets.delete(from);
      });
    }
  });
  await new Promise<void>((resolve) =>
    server.listen(typeof at === "string" ? { path: at } : { port: at, host: "127.0.0.1" }, resolve),
  );
  const address = server.address();
  return {
    /** 0 for a unix socket. */
    port: typeof address === "object" && address !== null ? address.port : 0,
    /** Breaks every connection; new ones work. */
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    /** From now on nothing passes, and nothing ends either: a daemon that hangs. */
    hold: () => {
      holding = true;
    },
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};
