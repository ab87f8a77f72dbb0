import { connect, createServer, type Socket } from "node:net";

/** A unix socket in front of another one, whose connections can be broken or held up. */
export const startSocketProxy = async (path: string, target: string) => {
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
  await new Promise<void>((resolve) => server.listen({ path }, resolve));
  return {
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
