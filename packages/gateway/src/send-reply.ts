import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Reply } from "./error-pages.ts";

/** How long a client may go on sending a body that nobody reads before its connection is closed. */
const LINGER_MS = 1_000;

/** Answers with a reply of our own. */
export function sendReply(request: IncomingMessage, response: ServerResponse, reply: Reply, requestId: string): void {
  if (response.headersSent) {
    cutResponse(response);
    return;
  }
  response.on("finish", () => drainBody(request));
  response.writeHead(reply.status, replyHeaders(reply, requestId));
  response.end(reply.body);
}

/** The same on a bare socket, for what never becomes a ServerResponse: broken requests and refused upgrades. */
export function sendRawReply(socket: Socket, reply: Reply, requestId: string): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.write(rawHead(reply.status, undefined, [...replyHeaders(reply, requestId), "Connection", "close"]));
  socket.end(reply.body);
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** The bytes of a response head. Header values are bytes to Node (latin1), never UTF-8. */
export function rawHead(status: number, reason: string | undefined, headers: readonly string[]): Buffer {
  let head = `HTTP/1.1 ${status} ${reason ?? STATUS_CODES[status] ?? ""}\r\n`;
  for (let index = 0; index + 1 < headers.length; index += 2) head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return Buffer.from(`${head}\r\n`, "latin1");
}

/** Breaks the connection off with a reset, the only end that no client takes for a whole body. */
export function cutResponse(response: ServerResponse): void {
  const socket = response.socket ?? response.req.socket;
  socket.resetAndDestroy();
  response.destroy();
}

/**
 * For when an answer is sent and its request may still be coming. Closing at once would reset the connection and with it the
 * answer, so the rest is read for a moment; a client that is not done by then loses the connection.
 */
export function drainBody(request: IncomingMessage): void {
  if (request.complete) return;
  const { socket } = request;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  const stop = () => {
    clearTimeout(timer);
    socket.off("close", stop); // the connection may serve a thousand requests more
  };
  request.once("end", stop);
  socket.once("close", stop);
  request.resume();
}

function replyHeaders(reply: Reply, requestId: string): string[] {
  const length = String(Buffer.byteLength(reply.body));
  return [...reply.headers.flat(), "content-length", length, "x-request-id", requestId];
}
