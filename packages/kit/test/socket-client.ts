import { connect, createServer, type Server, type Socket } from "node:net";
import { waitFor } from "./wait-for.ts";

/** A port that leads to an app's own socket, as the gateway's tunnel does. */
export type SocketDoor = {
  port: number;
  /** What clients sent and were sent goes no further until `open`. */
  stall(): void;
  open(): void;
  /** Cuts every connection, as a network does. */
  cut(): void;
  close(): Promise<void>;
};

/** `path` is asked for each connection, so that a door outlives a restart of the app behind it. */
export const socketDoor = async (path: () => string): Promise<SocketDoor> => {
  const pairs = new Set<[Socket, Socket]>();
  const server: Server = createServer((client) => {
    const app = connect(path());
    const pair: [Socket, Socket] = [client, app];
    pairs.add(pair);
    client.pipe(app).pipe(client);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      app.destroy();
    };
    for (const side of pair) side.on("error", end).on("close", end);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a port was asked for");
  return {
    port: address.port,
    stall() {
      for (const [, app] of pairs) app.unpipe().pause();
    },
    open() {
      for (const [client, app] of pairs) app.pipe(client);
    },
    cut() {
      for (const pair of pairs) for (const side of pair) side.destroy();
    },
    async close() {
      for (const pair of pairs) for (const side of pair) side.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

// biome-ignore lint/suspicious/noExplicitAny: a test asserts on what came
export type Message = any;

export type TestSocket = {
  /** Every message so far, parsed; binary ones as they came. */
  readonly messages: Message[];
  readonly protocol: string;
  send(message: object | string | Uint8Array): void;
  /** The first message that fits, also one that came already. */
  until(fits: (message: Message) => boolean, what?: string): Promise<Message>;
  untilType(type: string): Promise<Message>;
  /** Forgets what came so far. */
  forget(): void;
  /** Code and reason of the end. */
  closed: Promise<{ code: number; reason: string }>;
  close(): void;
};

/** The program's types describe a browser's WebSocket, which has no headers; the one that runs is Bun's. */
const BunWebSocket = WebSocket as unknown as new (url: string, options: Bun.WebSocketOptions) => Bun.WebSocket;

export type SocketOffer = { headers?: Record<string, string>; protocols?: string[] };

/** Opens a WebSocket. Rejects when it is refused: `refusalOf` says how. */
export const openSocket = async (port: number, path: string, offer: SocketOffer = {}): Promise<TestSocket> => {
  const socket = new BunWebSocket(`ws://127.0.0.1:${port}${path}`, {
    headers: offer.headers ?? {},
    ...(offer.protocols === undefined ? {} : { protocols: offer.protocols }),
  });
  socket.binaryType = "arraybuffer";
  const messages: Message[] = [];
  socket.onmessage = ({ data }) => {
    messages.push(typeof data === "string" ? JSON.parse(data) : new Uint8Array(data as ArrayBuffer));
  };
  const opened = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<{ code: number; reason: string }>();
  socket.onopen = () => opened.resolve();
  socket.onclose = ({ code, reason }) => {
    opened.reject(new Error(`refused: ${code} ${reason}`));
    ended.resolve({ code, reason });
  };
  await opened.promise;
  const until: TestSocket["until"] = (fits, what = "the message came") =>
    waitFor(() => messages.find((message) => fits(message)), { message: what });
  return {
    messages,
    get protocol() {
      return socket.protocol;
    },
    send: (message) => socket.send(isText(message) ? JSON.stringify(message) : message),
    until,
    untilType: (type) => until((message) => message.type === type, `a message of type ${type} came`),
    forget: () => void messages.splice(0),
    closed: ended.promise,
    close: () => socket.close(),
  };
};

const isText = (message: object | string | Uint8Array): message is object =>
  typeof message === "object" && !(message instanceof Uint8Array);

/** What a handshake is answered, by a client that knows nothing of WebSockets: status, headers and body. */
export const handshake = async (
  to: { port: number } | { path: string },
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; body: string }> => {
  const socket = "port" in to ? connect(to.port, "127.0.0.1") : connect(to.path);
  const fields = {
    host: "app",
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  let answer = "";
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    answer += text;
  });
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
  try {
    return await waitFor(() => readAnswer(answer), { timeoutMs: 20_000, message: `${path} is answered` });
  } finally {
    socket.destroy();
  }
};

const readAnswer = (text: string): { status: number; headers: Headers; body: string } | null => {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return null;
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Headers(lines.map((line) => line.split(/: ?(.*)/s).slice(0, 2) as [string, string]));
  const status = Number(first.split(" ")[1]);
  const body = text.slice(end + 4);
  const length = Number(headers.get("content-length") ?? 0);
  return status === 101 || body.length >= length ? { status, headers, body } : null;
};
