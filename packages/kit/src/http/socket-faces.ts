import { DomainError } from "../errors.ts";
import { toProblem } from "./problem.ts";
import type { RawRoute } from "./routes.ts";
import { SOCKET_PROTOCOL, type SocketRoute, TICKET_PROTOCOL_PREFIX } from "./socket.ts";
import type { SocketTickets } from "./socket-tickets.ts";

/** The rows of an app's sockets in its route table: each is authorized like any other, before it says what it is. */
export const socketFaces = (routes: readonly SocketRoute[], tickets: SocketTickets): RawRoute[] =>
  routes.flatMap(({ path, action, resource }): RawRoute[] => [
    {
      method: "GET",
      path,
      action,
      resource,
      isSocket: true,
      // RFC 9110 section 15.5.22
      handle: async ({ requestId }) => {
        const problem = toProblem(new DomainError("unsupported", "This is the address of a WebSocket."), requestId);
        const headers = {
          "content-type": "application/problem+json",
          "cache-control": "no-store",
          "x-request-id": requestId,
          connection: "Upgrade",
          upgrade: "websocket",
        };
        return Response.json({ ...problem, title: "Upgrade needed", status: 426 }, { status: 426, headers });
      },
    },
    {
      method: "POST",
      path: `${path}/tickets`,
      action,
      resource,
      /** For clients that can send neither cookie nor header with a handshake: a ticket in Sec-WebSocket-Protocol. */
      handle: async ({ principal, headers, url, requestId }) => {
        const of = url.pathname.slice(0, -"/tickets".length);
        const { ticket, expiresAt } = await tickets.issue(of, principal, headers);
        return Response.json(
          {
            ticket,
            protocols: [SOCKET_PROTOCOL, `${TICKET_PROTOCOL_PREFIX}${ticket}`],
            expiresAt: expiresAt.toISOString(),
          },
          { status: 201, headers: { "cache-control": "no-store", "x-request-id": requestId } },
        );
      },
    },
  ]);
