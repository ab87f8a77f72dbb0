import type { ServerWebSocket } from "bun";
import { callOf, runInCall } from "../audit/call.ts";
import { DomainError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Principal } from "../principal.ts";
import { type Admitted, isSameScope } from "./context.ts";
import { toDomainError } from "./problem.ts";
import { clientAddressOf, originOf } from "./request.ts";
import {
  CLOSE,
  closeCodeOf,
  type Socket,
  type SocketContext,
  type SocketLimits,
  type SocketRoute,
  type SocketSession,
} from "./socket.ts";
import { createInbox, type Received } from "./socket-inbox.ts";
import { createMessageReader } from "./socket-messages.ts";
import { createOutbox } from "./socket-outbox.ts";
import { callerOf } from "./socket-tickets.ts";
import type { SocketTimes } from "./socket-times.ts";

/** Who was let through, and to what. */
export type Admission = { principal: Principal; admitted: Admitted };

export type ConnectionOptions = {
  route: SocketRoute;
  limits: SocketLimits;
  headers: Headers;
  requestId: string;
  input: unknown;
  first: Admission;
  /** Asks anew who this is and whether they may. @throws {DomainError} as when a route is asked for */
  check: (headers: Headers) => Promise<Admission>;
  count: (direction: "in" | "out") => void;
  times: SocketTimes;
  log: Logger;
};

/** How long a client may take to answer the end of a socket; then it is cut off. */
const GOODBYE_MS = 2_000;

const BAD_IN_A_ROW = 3;

export type Connection = {
  readonly route: SocketRoute;
  /** Who opened it, for limits. */
  readonly caller: string;
  /** Settles when the app's session has been told of the end. */
  readonly done: Promise<void>;
  opened(ws: ServerWebSocket<Connection>): void;
  received(data: string | Buffer<ArrayBuffer>): void;
  drained(): void;
  /** A sign of life. */
  heard(): void;
  closed(code: number): Promise<void>;
  close(code: number, reason: string): void;
  terminate(): void;
  /** Whether it is time to ask again; `since` is when access last changed, in time of performance.now(). */
  isDue(since: number): boolean;
  /** Asks whether the caller still may. Whoever cannot be asked about stays until that was so for a minute. */
  check(): Promise<void>;
  /** Asks for a sign of life, and lets go of who gives none or takes nothing. */
  tick(): void;
};

/** One open socket: what it gets, what it is sent, and whether it may stay. */
export const createConnection = (options: ConnectionOptions): Connection => {
  const { route, limits, times, log, requestId } = options;
  const ending = new AbortController();
  const done = Promise.withResolvers<void>();
  let ws: ServerWebSocket<Connection> | null = null;
  let { headers } = options;
  let { principal, admitted } = options.first;
  let session: SocketSession<unknown> = {};
  let closeCode: number | null = null;
  let bad = 0;
  let hasGap = false;
  let goodbye: Timer | undefined;
  let started: Promise<void> = Promise.resolve();
  let checkedAt = performance.now();
  let heardAt = checkedAt;
  let pingedAt = checkedAt;
  let askedAt = checkedAt;

  const context: SocketContext<unknown> = {
    requestId,
    clientAddress: clientAddressOf(headers),
    origin: originOf(headers),
    headers: options.headers,
    input: options.input,
    may: (action, resource) => admitted.may(action, resource),
    mayOnceVerified: (action, resource) => admitted.mayOnceVerified(action, resource),
    get principal() {
      return principal;
    },
    get resource() {
      return admitted.resource;
    },
    get scope() {
      return admitted.scope;
    },
  };
  const inCall = <T>(work: () => T): T => runInCall(callOf(context), work);

  const outbox = createOutbox(
    {
      write(data) {
        if (ws === null || closeCode !== null) return 0;
        options.count("out");
        return typeof data === "string" ? ws.sendText(data) : ws.sendBinary(data as Uint8Array<ArrayBuffer>);
      },
      overflowed() {
        if (route.onOverflow === "close") return close(CLOSE.tooSlow, "You read slower than there is to read.");
        hasGap = true;
        outbox.send('{"type":"resync"}');
      },
    },
    limits,
  );

  /** Nothing is sent to a reader with a gap until it takes messages again; then it gets everything anew. */
  const send = (data: string | Uint8Array) => {
    if (!hasGap) outbox.send(data);
  };
  const messages = createMessageReader(route);
  const socket: Socket<unknown> = {
    id: Bun.randomUUIDv7(),
    get isOpen() {
      return closeCode === null;
    },
    signal: ending.signal,
    send(message) {
      try {
        send(messages.encode(message as object));
      } catch (err) {
        log.error({ err, requestId, path: route.path }, "a message breaks the schema of its socket");
        close(CLOSE.internal, "Internal error.");
      }
    },
    sendBinary(data) {
      if (route.binary !== true) throw new Error(`${route.path} has no binary messages.`);
      send(data);
    },
    drained: () => outbox.empty(),
    close: (code, reason) => close(code, reason),
  };

  const close = (code: number, reason: string): void => {
    if (closeCode !== null) return;
    closeCode = code;
    ws?.close(code, reason);
    goodbye = setTimeout(() => ws?.terminate(), GOODBYE_MS);
    end();
  };
  /** What is over is over at once, also when the client does not answer. */
  const end = () => {
    ending.abort();
    inbox.end();
    outbox.end();
  };
  const sendError = (failure: DomainError, id?: string) => {
    if (failure.status >= 500) log.error({ err: failure, requestId, path: route.path }, "a message of a socket failed");
    send(messages.error(failure, id));
  };

  const handle = async (received: Received): Promise<void> => {
    if (closeCode !== null) return;
    const read = typeof received === "string" ? messages.read(received) : messages.readBinary(received);
    if (read.kind === "bad") {
      bad += 1;
      sendError(read.error, read.id);
      if (bad >= BAD_IN_A_ROW) close(CLOSE.garbage, "Three messages in a row could not be read.");
      return;
    }
    bad = 0;
    const id = read.kind === "text" ? read.id : undefined;
    try {
      if (read.kind === "renewal") return await renew(read.token);
      if (read.kind === "binary") return await inCall(() => session.binary?.(read.data));
      const action = route.actionOf?.(read.message) ?? null;
      if (action !== null && !admitted.may(action, admitted.resource)) {
        throw new DomainError("forbidden", `Your role does not allow ${action} here.`);
      }
      await inCall(() => session.message?.(read.message));
    } catch (err) {
      sendError(toDomainError(err), id);
    }
  };
  const inbox = createInbox(handle, limits);

  /** A credential that follows the one before, of the same caller. */
  const renew = async (token: string) => {
    const next = new Headers(headers);
    next.delete("cookie");
    next.set("authorization", `Bearer ${token}`);
    const admission = await options.check(next);
    if (callerOf(admission.principal) !== callerOf(principal)) {
      throw new DomainError("forbidden", "This is another caller's credential.");
    }
    headers = next;
    letStay(admission);
    send('{"type":"renewed"}');
  };
  const letStay = (admission: Admission) => {
    if (!isSameScope(admission.admitted.scope, admitted.scope)) {
      close(CLOSE.restart, "What you may see has changed: connect again.");
    }
    ({ principal, admitted } = admission);
    checkedAt = performance.now();
  };
  const start = async () => {
    try {
      session = await inCall(() => route.open(socket, context));
      if (closeCode === null) inbox.open();
    } catch (err) {
      const failure = toDomainError(err);
      sendError(failure);
      close(closeCodeOf(failure.code), failure.message.slice(0, 100));
    }
  };

  return {
    route,
    caller: callerOf(principal),
    done: done.promise,
    opened(opened) {
      ws = opened;
      started = start();
    },
    received(data) {
      options.count("in");
      heardAt = performance.now();
      if (closeCode !== null) return;
      const size = typeof data === "string" ? Buffer.byteLength(data) : data.length;
      if (size > limits.messageBytes) {
        return close(CLOSE.tooLarge, `A message has at most ${limits.messageBytes} bytes.`);
      }
      if (!inbox.take(data)) close(CLOSE.tooMany, "You send more than is taken.");
    },
    drained() {
      outbox.drained();
      if (!hasGap || outbox.blockedSince() !== null) return;
      hasGap = false;
      Promise.try(() => inCall(() => session.resync?.())).catch((err) => sendError(toDomainError(err)));
    },
    heard() {
      heardAt = performance.now();
    },
    async closed(code) {
      closeCode ??= code;
      ws = null;
      clearTimeout(goodbye);
      end();
      await started;
      try {
        await session.closed?.(closeCode);
      } catch (err) {
        log.error({ err, requestId, path: route.path }, "a socket did not end well");
      }
      done.resolve();
    },
    close,
    terminate: () => ws?.terminate(),
    isDue(since) {
      if (closeCode !== null) return false;
      if (askedAt < since) return true;
      const now = performance.now();
      return now - askedAt > times.retryMs && (checkedAt < since || now - checkedAt > times.checkMs);
    },
    async check() {
      askedAt = performance.now();
      try {
        letStay(await options.check(headers));
      } catch (err) {
        const failure = toDomainError(err);
        // Whoever had proved who they are when it opened need not do so again: this is still them, and they still may.
        if (failure.code === "unverified") checkedAt = performance.now();
        else if (failure.status < 500) return close(CLOSE.forbidden, "You may not be here any more.");
        else if (performance.now() - checkedAt >= times.checkWithinMs) {
          log.warn({ err: failure, requestId }, "nobody could say whether a socket may stay");
          close(CLOSE.restart, "Your access could not be checked: connect again.");
        }
      }
    },
    tick() {
      const now = performance.now();
      const blockedSince = outbox.blockedSince();
      if (blockedSince !== null && now - blockedSince > times.stallMs) return close(CLOSE.tooSlow, "You take nothing.");
      if (now - heardAt > times.silenceMs) return ws?.terminate();
      if (now - pingedAt < times.pingMs || blockedSince !== null) return;
      pingedAt = now;
      ws?.ping();
    },
  };
};
