import type net from "node:net";

/** The while in which a socket that is not held back would move. */
const STILL_MS = 100;

/** Whether nothing of what these sockets want to send was taken for a while. */
export async function areHeldBack(sockets: readonly net.Socket[]): Promise<boolean> {
  const before = sockets.map(takenBytes);
  await Bun.sleep(STILL_MS);
  return sockets.length > 0 && sockets.every((socket, index) => takenBytes(socket) === before[index]);
}

/** What the kernel took. */
export const takenBytes = (socket: net.Socket): number => socket.bytesWritten - socket.writableLength;
