import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { Dispatch, type DispatchDeps } from "./dispatch.ts";
import type { Failure } from "./failure.ts";
import { clientHeaders, isTrailer } from "./forwarded.ts";
import type { RequestHead } from "./request-head.ts";
import { cutResponse, drainBody, sendReply } from "./send-reply.ts";
import type { Route } from "./table.ts";

/** An event stream may be silent for as long as it likes; other bodies that stand still are cut in the end. */
const ENDLESS = /^text\/event-stream\b/i;

export type Exchange = {
  request: IncomingMessage;
  response: ServerResponse;
  head: RequestHead;
  requestId: string;
  route: Route;
};

/** Passes one request on and its answer back, both streamed with backpressure. Ends when `response` closes. */
export function exchange(deps: DispatchDeps, { request, response, head, requestId, route }: Exchange): void {
  let outcome: number | "cut" = 502;
  const dispatch = new Dispatch(deps, {
    head,
    requestId,
    route,
    sendBody(upstream) {
      request.on("data", () => dispatch.touch());
      upstream.flushHeaders(); // the upstream may decide by the head, and with Expect the client waits for it
      request.pipe(upstream);
    },
    continued() {
      if (!response.headersSent) response.writeContinue();
    },
    response: relay,
    upgraded(_answer, socket) {
      socket.destroy();
      refuse({ kind: "upstream_dead" });
    },
    failed(failure) {
      request.unpipe();
      refuse(failure);
    },
  });
  deps.events.started();
  request.on("error", () => undefined); // an aborted upload: the response closes too, below
  response.on("error", () => undefined);
  response.on("close", () => {
    request.unpipe();
    dispatch.finish();
    deps.events.finished(route.id, response.writableFinished || outcome === "cut" ? outcome : "aborted");
  });
  dispatch.start();

  function relay(answer: IncomingMessage): void {
    const status = answer.statusCode ?? 502;
    // The upstream died or broke its framing mid-body: a clean end would make half a body look whole.
    answer.on("error", cut);
    answer.on("close", () => answer.complete || cut());
    try {
      response.writeHead(status, answer.statusMessage, clientHeaders(answer.rawHeaders, requestId));
    } catch {
      answer.destroy();
      refuse({ kind: "upstream_dead" });
      return;
    }
    outcome = status;
    response.flushHeaders(); // the first event of a stream may be minutes away
    if (!ENDLESS.test(answer.headers["content-type"] ?? "")) cutWhenIdle(answer, deps.timeouts.bodyIdleMs, cut);
    answer.on("end", () => passTrailers(answer, response));
    answer.pipe(response);
    response.on("finish", () => abandonUpload(dispatch.request));
  }

  function refuse(failure: Failure): void {
    const reply = deps.rules.refuse(failure, head.accept, requestId);
    outcome = reply.status;
    sendReply(request, response, reply, requestId);
  }

  function cut(): void {
    if (response.writableEnded || response.destroyed) return;
    outcome = "cut";
    cutResponse(response);
  }

  /** The answer is complete while the upload is not: nobody wants the rest of it. */
  function abandonUpload(upstream: ClientRequest | null): void {
    if (request.complete) return;
    request.unpipe();
    upstream?.destroy();
    drainBody(request);
  }
}

function cutWhenIdle(answer: IncomingMessage, idleMs: number, cut: () => void): void {
  const timer = setTimeout(cut, idleMs);
  answer.on("data", () => timer.refresh());
  answer.on("close", () => clearTimeout(timer));
}

function passTrailers({ rawTrailers }: IncomingMessage, response: ServerResponse): void {
  const trailers: [string, string][] = [];
  for (let index = 0; index + 1 < rawTrailers.length; index += 2) {
    const [name = "", value = ""] = rawTrailers.slice(index, index + 2);
    if (isTrailer(name)) trailers.push([name, value]);
  }
  if (trailers.length > 0) response.addTrailers(trailers);
}
