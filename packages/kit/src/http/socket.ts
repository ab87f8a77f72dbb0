import { type ZodType, z } from "zod";
import type { Resource } from "../authorize.ts";
import { type ErrorCode, STATUS } from "../errors.ts";
import type { CallContext } from "./context.ts";

/** What one socket may cost. */
export type SocketLimits = {
  /** Of one message of the client; a larger one closes with 1009. At most MAX_MESSAGE_BYTES. */
  messageBytes: number;
  /** Messages of the client in a second, twice as many at once; more close with 4429. */
  messagesPerSecond: number;
  /** Messages of the client that were not handled yet; more close with 4429. Nothing slows a client down before. */
  waitingBytes: number;
  /** Messages that wait until the client takes them, see `onOverflow`. */
  queuedMessages: number;
  queuedBytes: number;
  /** Sockets of this route that one principal may have open at one instance of the app; the next one is refused with 429. */
  perPrincipal: number;
};

export const SOCKET_LIMITS: SocketLimits = {
  messageBytes: 64 * 1024,
  messagesPerSecond: 100,
  waitingBytes: 1024 * 1024,
  queuedMessages: 256,
  queuedBytes: 4 * 1024 * 1024,
  perPrincipal: 32,
};

export const MAX_MESSAGE_BYTES = 1024 * 1024;

/** An open socket, as the app sees it. Everything on it may be called after it closed, and then does nothing. */
export type Socket<Out> = {
  readonly id: string;
  readonly isOpen: boolean;
  /** Ends when the socket closes, whoever closed it. */
  readonly signal: AbortSignal;
  /**
   * Sends a text message, which must not be changed afterwards: one object sent to many is written once. Never waits:
   * what the client does not take is queued, within the limits.
   */
  send(message: Out): void;
  /** Sends a binary message, for routes that have `binary`. */
  sendBinary(data: Uint8Array): void;
  /** Resolves once nothing is queued, or the socket has closed: whoever makes much waits for it between two messages. */
  drained(): Promise<void>;
  /** Codes of an app are 4000 to 4999; reasons have at most 100 characters. */
  close(code: number, reason: string): void;
};

/** Who opened a socket, and what it is about. What may change while it is open is always that of the last check. */
export type SocketContext<Input> = Pick<
  CallContext,
  "requestId" | "clientAddress" | "origin" | "headers" | "may" | "mayOnceVerified"
> & {
  readonly principal: CallContext["principal"];
  readonly resource: Resource;
  readonly scope: CallContext["scope"];
  /** Path and query, as the route's schema gives them. */
  readonly input: Input;
};

/** What an app does with an open socket. Messages come one after the other: the next one when the promise is settled. */
export type SocketSession<In> = {
  /** What it throws is told the client as an error message; the socket stays open. */
  message?(message: In): Promise<void> | void;
  binary?(data: Uint8Array): Promise<void> | void;
  /** After an overflow, once the client takes messages again: everything queued was dropped, so it gets the state anew. */
  resync?(): Promise<void> | void;
  /** Once, at the end. `stop` of the app waits for it, within bounds. */
  closed?(code: number): Promise<void> | void;
};

export type SocketRoute<Input = unknown, In = unknown, Out = unknown> = {
  /** Absolute, with Hono's parameters: `/api/v1/deployments/projects/:project/canvas/socket`. */
  path: `/${string}`;
  action: string;
  resource: string;
  summary: string;
  /** Of path and query together. */
  input: ZodType<Input>;
  /** Text messages of the client, and those to it. `never` schemas for protocols that are binary only. */
  incoming: ZodType<In>;
  outgoing: ZodType<Out>;
  /** Whether binary messages go, both ways. */
  binary?: true;
  /** What a message does beyond `action`, to the same resource; null for nothing. Asked with the caller's rights of now. */
  actionOf?: (message: In) => string | null;
  /**
   * What happens to a reader that is slower than what it is sent: `resync` drops what is queued, says so with
   * `{"type": "resync"}` and calls the session's `resync`; `close` closes with 1013.
   */
  onOverflow: "resync" | "close";
  limits?: Partial<SocketLimits>;
  /** Nothing is read before it is settled. What it throws is told the client and closes, see `closeCodeOf`. */
  open: (socket: Socket<Out>, context: SocketContext<Input>) => Promise<SocketSession<In>> | SocketSession<In>;
};

/**
 * A WebSocket as a row of an app's routes: `AppParts.sockets`. Its action is asked like that of any route when it opens,
 * at least every minute, and at once when somebody's access changes; a route without one does not start.
 *
 *     socketRoute({
 *       path: "/api/v1/deployments/projects/:project/shell",
 *       action: "replica:shell",
 *       resource: "project",
 *       summary: "A shell in a replica",
 *       input: z.object({ project: z.string().max(60), columns: z.coerce.number().int().min(1).max(500) }),
 *       incoming: z.strictObject({ type: z.literal("size"), columns: z.int().min(1).max(500) }),
 *       outgoing: z.strictObject({ type: z.literal("exit"), code: z.int() }),
 *       binary: true,
 *       onOverflow: "close",
 *       async open(socket, { input, resource }) {
 *         const shell = await openShell(resource, input.columns, socket.signal);
 *         const pump = async () => {
 *           for await (const bytes of shell.output) {
 *             socket.sendBinary(bytes);
 *             await socket.drained();
 *           }
 *           socket.send({ type: "exit", code: await shell.exited });
 *           socket.close(1000, "The shell has ended.");
 *         };
 *         void pump();
 *         return {
 *           message: ({ columns }) => shell.resize(columns),
 *           binary: (bytes) => shell.write(bytes),
 *           closed: () => shell.kill(),
 *         };
 *       },
 *     })
 */
export const socketRoute = <Input, In, Out>(route: SocketRoute<Input, In, Out>): SocketRoute =>
  route as unknown as SocketRoute; // what was parsed with its schemas is what its functions take

/** What a client may offer in Sec-WebSocket-Protocol: the protocol, and a ticket in place of a cookie or a header. */
export const SOCKET_PROTOCOL = "homeport.v1";
export const TICKET_PROTOCOL_PREFIX = "homeport.ticket.";

/**
 * Of the kit itself, in both directions: an error with the id of the message it is about, if that had one; a gap, after
 * which the state follows; and from the client a new credential of the same caller, before the old one ends.
 */
export const SocketError = z.object({
  type: z.literal("error"),
  code: z.enum(Object.keys(STATUS) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  id: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type SocketError = z.infer<typeof SocketError>;
export const Resync = z.object({ type: z.literal("resync") });
export const Renewal = z.strictObject({ type: z.literal("renew"), token: z.string().min(1).max(4096) });
export const Renewed = z.object({ type: z.literal("renewed") });

/** Codes with which a server closes, besides those of RFC 6455. A failure at opening closes with 4000 + its HTTP status. */
export const CLOSE = {
  /** The app stops or is restarted: connect again, at once. Also when somebody's scope changed. */
  restart: 1012,
  /** A message was larger than the route takes. */
  tooLarge: 1009,
  internal: 1011,
  /** The reader is too slow. */
  tooSlow: 1013,
  /** Three messages in a row could not be read. */
  garbage: 4400,
  /** Who opened it may not do this any more, or what it is about is gone; nobody is told which. */
  forbidden: 4403,
  tooMany: 4429,
} as const;

/** The code that tells a failure of `open`: 4404, 4409, 4503; 1011 for what nobody expected. */
export const closeCodeOf = (code: ErrorCode): number => (code === "internal" ? CLOSE.internal : 4000 + STATUS[code]);
