import type { ClientOptions } from "@homeport/kit/client.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { ShellLine } from "../ports.ts";

const OPEN_TIMEOUT_MS = 10_000;
/** An identity is good for two minutes, and whoever has one is asked about at least every minute. */
const RENEW_MS = 30_000;

/** The program's types describe a browser's WebSocket, which has no headers; the one that runs is Bun's. */
const BunWebSocket = WebSocket as unknown as new (url: string, options: Bun.WebSocketOptions) => Bun.WebSocket;

/** The node's end of a shell as a WebSocket to the clusters app, through the gateway. @throws {DomainError} unavailable */
export const openShellLine = async (
  { url, token }: Pick<ClientOptions, "url" | "token">,
  id: string,
  signal: AbortSignal,
): Promise<ShellLine> => {
  const address = `${url.replace(/^http/, "ws")}/api/v1/clusters/agent/shells/${id}`;
  const socket = new BunWebSocket(address, { headers: { authorization: `Bearer ${await token()}` } });
  socket.binaryType = "arraybuffer";
  const opened = Promise.withResolvers<void>();
  const received: Uint8Array[] = [];
  let isOver = false;
  let wake = Promise.withResolvers<void>();
  const stir = () => {
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };
  const renew = async () => socket.send(JSON.stringify({ type: "renew", token: await token() }));
  const renewing = setInterval(() => {
    renew().catch(() => undefined); // the next one comes in time, else the line is closed
  }, RENEW_MS);
  const cut = () => socket.close();
  const late = setTimeout(cut, OPEN_TIMEOUT_MS);
  signal.addEventListener("abort", cut, { once: true });

  socket.onopen = () => {
    clearTimeout(late);
    opened.resolve();
  };
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") return; // answers to renewals
    received.push(new Uint8Array(data as ArrayBuffer)); // no more than the sender's window allows
    stir();
  };
  socket.onclose = () => {
    isOver = true;
    clearInterval(renewing);
    clearTimeout(late);
    signal.removeEventListener("abort", cut);
    opened.reject(new DomainError("unavailable", "The line of a shell could not be opened."));
    stir();
  };
  if (signal.aborted) cut();
  await opened.promise;

  return {
    frames: {
      async *[Symbol.asyncIterator]() {
        for (;;) {
          const next = received.shift();
          if (next !== undefined) yield next;
          else if (isOver) return;
          else await wake.promise;
        }
      },
    },
    send(frame) {
      if (!isOver) socket.send(frame as Uint8Array<ArrayBuffer>);
    },
    close: cut,
  };
};
