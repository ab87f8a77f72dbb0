import type { Socket } from "node:net";

/** Sends each part, by default each byte, in a packet of its own. */
export async function sendInBytes(socket: Socket, parts: Iterable<string>): Promise<void> {
  socket.setNoDelay(true);
  for (const part of parts) {
    socket.write(Buffer.from(part, "latin1"));
    await new Promise<void>((sent) => setImmediate(sent));
  }
}
