import type { Server, WebSocketHandler } from "bun";
import { DomainError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Principal } from "../principal.ts";
import { onAccessChange } from "./access-changes.ts";
import { type Access, admit } from "./context.ts";
import { problemResponse, toDomainError } from "./problem.ts";
import { refuseCrossSite, requestIdOf } from "./request.ts";
import type { RawRoute } from "./routes.ts";
import {
  CLOSE,
  MAX_MESSAGE_BYTES,
  SOCKET_LIMITS,
  SOCKET_PROTOCOL,
  type SocketRoute,
  TICKET_PROTOCOL_PREFIX,
} from "./socket.ts";
import { type Admission, type Connection, createConnection } from "./socket-connection.ts";
import { socketFaces } from "./socket-faces.ts";
import { matchSocket, type SocketMatch } from "./socket-match.ts";
import { callerOf, type SocketTickets } from "./socket-tickets.ts";
import { SOCKET_TIMES, type SocketTimes } from "./socket-times.ts";

export type SocketServerOptions = {
  appId: string;
  routes: readonly SocketRoute[];
  access: Access;
  authenticate: (headers: Headers) => Promise<Principal>;
  tickets: SocketTickets;
  metrics: Metrics;
  /** SOCKET_TIMES unless given. */
  times?: SocketTimes;
  log: Logger;
};

export type SocketServer = {
  /** What stands at the sockets' addresses for requests that are no upgrades, and where tickets are had. */
  faces: readonly RawRoute[];
  websocket: WebSocketHandler<Connection>;
  /** Answers an upgrade; null when no socket has this address, or it is none. */
  upgrade(request: Request, server: Server<Connection>): Promise<Response | undefined> | null;
  /** Closes all, so that their clients connect to another instance, and waits until the app knows of it. */
  stop(): Promise<void>;
};

/** Of all sockets of an app in one process; each costs some 10 KiB before the app has done anything with it. */
const MAX_SOCKETS = 4_000;
/** Sockets that are checked at the same time: each check may ask the database. */
const CHECKS_AT_ONCE = 8;
const STOP_MS = 3_000;

/** The WebSockets of one app in this process. */
export const createSocketServer = (options: SocketServerOptions): SocketServer => {
  const { appId, access, tickets, metrics, log } = options;
  const times = options.times ?? SOCKET_TIMES;
  const open = new Set<Connection>();
  const find = matchSocket(options.routes);
  let isStopping = false;
  let changedAt = 0;
  let ticking: Timer | undefined;

  const gauge = (route: SocketRoute) => {
    const count = [...open].filter((connection) => connection.route === route).length;
    metrics.gauge("homeport_open_sockets", "WebSockets that are open.", count, { app: appId, route: route.path });
  };
  const enter = (connection: Connection) => {
    open.add(connection);
    gauge(connection.route);
    ticking ??= setInterval(tick, times.tickMs);
  };
  const leave = (connection: Connection) => {
    open.delete(connection);
    gauge(connection.route);
    if (open.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
  const tick = () => {
    for (const connection of open) connection.tick();
    void checkAll();
  };

  let isChecking = false;
  const checkAll = async (): Promise<void> => {
    if (isChecking) return;
    isChecking = true;
    for (let due = dueNow(); due.length > 0; due = dueNow()) await Promise.all(due.map((each) => each.check()));
    isChecking = false;
  };
  const dueNow = (): Connection[] => {
    const due: Connection[] = [];
    for (const connection of open) {
      if (connection.isDue(changedAt)) due.push(connection);
      if (due.length === CHECKS_AT_ONCE) break;
    }
    return due;
  };
  const forget = onAccessChange(() => {
    changedAt = performance.now();
    void checkAll();
  });

  /** Everything that is asked of a request before it becomes a socket. @throws {DomainError} as a route would */
  const admitSocket = async ({ route, input }: SocketMatch, path: string, offered: Headers) => {
    refuseCrossSite("POST", offered); // a browser takes its cookie along wherever the page comes from
    const ticket = ticketOf(offered);
    const redeemed = ticket === null ? null : await tickets.redeem(ticket, path, offered);
    if (ticket !== null && redeemed === null) throw new DomainError("unauthenticated", "This ticket is not valid.");
    const headers = redeemed?.headers ?? offered;
    const check = async (now: Headers): Promise<Admission> => {
      const principal = await options.authenticate(now);
      return { principal, admitted: await admit(access, principal, route.action, route.resource, input) };
    };
    const first = await check(headers);
    if (redeemed !== null && redeemed.caller !== callerOf(first.principal)) {
      throw new DomainError("unauthenticated", "This ticket is not valid.");
    }
    const parsed = route.input.safeParse(input);
    if (!parsed.success) {
      const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
      throw new DomainError("invalid", "The address of the socket is not right.", { issues });
    }
    return { headers, check, first, input: parsed.data };
  };

  const refuseTooMany = (route: SocketRoute, caller: string, perPrincipal: number) => {
    const count = [...open].filter((each) => each.route === route && each.caller === caller).length;
    const busy = { retryAfterSeconds: 10 };
    if (isStopping) throw new DomainError("unavailable", "This instance stops.", { retryAfterSeconds: 1 });
    if (open.size >= MAX_SOCKETS) throw new DomainError("unavailable", "There are too many connections.", busy);
    if (count >= perPrincipal) throw new DomainError("rate_limited", "You have too many connections open.", busy);
  };

  const upgrade = async (request: Request, server: Server<Connection>, match: SocketMatch) => {
    const requestId = requestIdOf(request.headers);
    const { route } = match;
    try {
      const admission = await admitSocket(match, new URL(request.url).pathname, request.headers);
      const limits = { ...SOCKET_LIMITS, ...route.limits };
      refuseTooMany(route, callerOf(admission.first.principal), limits.perPrincipal);
      const connection = createConnection({
        route,
        limits,
        requestId,
        count: (direction) =>
          metrics.count("homeport_socket_messages_total", "Messages of WebSockets.", {
            app: appId,
            route: route.path,
            direction,
          }),
        times,
        log,
        ...admission,
      });
      enter(connection);
      const headers = { "x-request-id": requestId, ...protocolFor(request.headers) };
      if (server.upgrade(request, { data: connection, headers })) return;
      leave(connection);
      throw new DomainError("invalid", "This is no handshake of a WebSocket.");
    } catch (err) {
      const failure = toDomainError(err);
      if (failure.status >= 500) log.error({ err: failure, requestId }, "request failed");
      return problemResponse(failure, requestId);
    }
  };

  return {
    faces: socketFaces(options.routes, tickets),
    websocket: {
      maxPayloadLength: MAX_MESSAGE_BYTES,
      idleTimeout: 0, // pings of our own, below, work on unix sockets too
      sendPings: false,
      perMessageDeflate: false, // tens of KiB for each socket, and secrets next to what others wrote
      open: (ws) => ws.data.opened(ws),
      message: (ws, message) => ws.data.received(message),
      drain: (ws) => ws.data.drained(),
      pong: (ws) => ws.data.heard(),
      close(ws, code) {
        leave(ws.data);
        void ws.data.closed(code);
      },
    },
    upgrade(request, server) {
      if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return null;
      const match = find(request);
      return match === null ? null : upgrade(request, server, match);
    },
    async stop() {
      isStopping = true;
      forget();
      const all = [...open];
      for (const connection of all) connection.close(CLOSE.restart, "The app restarts: connect again.");
      await Promise.race([Promise.all(all.map(({ done }) => done)), Bun.sleep(STOP_MS)]);
      for (const connection of open) connection.terminate();
      clearInterval(ticking);
    },
  };
};

const protocolsOf = (headers: Headers): string[] =>
  (headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());

const ticketOf = (headers: Headers): string | null =>
  protocolsOf(headers)
    .find((name) => name.startsWith(TICKET_PROTOCOL_PREFIX))
    ?.slice(TICKET_PROTOCOL_PREFIX.length) ?? null;

/** Browsers give up when they offered protocols and none was taken (RFC 6455 section 4.1). */
const protocolFor = (headers: Headers): Record<string, string> =>
  protocolsOf(headers).includes(SOCKET_PROTOCOL) ? { "sec-websocket-protocol": SOCKET_PROTOCOL } : {};
