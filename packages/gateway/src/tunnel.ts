import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { Dispatch, type DispatchDeps } from "./dispatch.ts";
import { clientHeaders } from "./forwarded.ts";
import type { RequestHead } from "./request-head.ts";
import { rawHead, sendRawReply } from "./send-reply.ts";
import type { Route } from "./table.ts";

export type Tunnel = {
  socket: Socket;
  /** What came after the handshake in the same packet. */
  early: Buffer;
  head: RequestHead;
  requestId: string;
  route: Route;
};

/**
 * Passes a WebSocket handshake on and, once the upstream agrees, joins the two sockets byte for byte: frames, pings, close
 * codes and message sizes are never looked at. Until then the client's socket is not read, so early frames wait in
 * its (bounded) buffers in order.
 */
export function tunnel(deps: DispatchDeps, { socket, early, head, requestId, route }: Tunnel): void {
  let outcome: number | "tunnel" | "aborted" = "aborted";
  const dispatch = new Dispatch(deps, {
    head,
    requestId,
    route,
    sendBody: () => undefined,
    continued: () => undefined,
    response: relayRefusal,
    upgraded(answer, upstream, first) {
      outcome = "tunnel";
      const headers = [...clientHeaders(answer.rawHeaders, requestId), "Connection", "Upgrade", "Upgrade", "websocket"];
      socket.write(rawHead(101, answer.statusMessage, headers));
      if (first.length > 0) socket.write(first);
      if (early.length > 0) upstream.write(early);
      join(socket, upstream);
      join(upstream, socket);
    },
    failed(failure) {
      const reply = deps.rules.refuse(failure, head.accept, requestId);
      outcome = reply.status;
      sendRawReply(socket, reply, requestId);
    },
  });
  deps.events.started();
  socket.on("error", () => undefined);
  socket.on("close", () => {
    dispatch.finish();
    deps.events.finished(route.id, outcome);
  });
  dispatch.start();

  /**
   * An ordinary answer instead of 101 (401, say). It ends the connection: on an open one the client's next bytes would go
   * to this upstream without being routed.
   */
  function relayRefusal(answer: IncomingMessage): void {
    outcome = answer.statusCode ?? 502;
    const headers = [...clientHeaders(answer.rawHeaders, requestId), "Connection", "close"];
    socket.write(rawHead(outcome, answer.statusMessage, headers));
    answer.on("error", () => socket.resetAndDestroy());
    answer.on("close", () => answer.complete || socket.resetAndDestroy());
    answer.on("end", () => socket.resume());
    answer.pipe(socket);
    socket.on("finish", () => socket.destroySoon());
  }
}

/** Copies `from` into `to` with backpressure; each end passes on what happened to the other. */
function join(from: Socket, to: Socket): void {
  from.setTimeout(0);
  from.setNoDelay(true);
  from.setKeepAlive(true, 60_000); // a peer that vanished without a word is noticed
  from.on("error", () => to.destroy());
  // After an orderly end the rest is still on its way to a slow reader; after a broken one nothing is worth waiting for.
  from.on("close", () => (from.readableEnded ? to.destroySoon() : to.destroy()));
  from.pipe(to);
}
