/**
 * An upstream that can be killed or stopped like any process. `/waits` is never answered, `/half` is answered with half a
 * body, everything else at once.
 */
const HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n";

const listener = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    data(socket, chunk) {
      const path = chunk.toString("latin1").split(" ")[1];
      if (path === "/waits") return;
      socket.write(path === "/half" ? `${HEAD}half` : `${HEAD}complete`);
    },
  },
});
process.send?.({ port: listener.port });
