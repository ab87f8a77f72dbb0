/** The first message of a WebSocket, or `closed` when there is none. */
export function openWebSocket(port: number, headers: Record<string, string>): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  // Headers are Bun's addition, which the types of browsers hide.
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers } as unknown as string[]);
  socket.onmessage = ({ data }) => {
    resolve(String(data));
    socket.close();
  };
  socket.onerror = () => resolve("closed");
  socket.onclose = () => resolve("closed");
  return promise;
}
