import type { ClientOptions } from "@homeport/kit/client.ts";
import { errorFrom } from "@homeport/kit/client.ts";
import { DomainError } from "@homeport/kit/errors.ts";

/** One message of an event stream, as in the HTML standard, section 9.2. */
export type ServerSentEvent = { id: string; event: string; data: string };

/** A message longer than this ends the stream: nothing of ours is. */
const MAX_MESSAGE_CHARACTERS = 1024 * 1024;
const RECONNECT_MS = 1_000;
/** Servers send a comment at least every 15 s; a line quieter than this is dead. */
const SILENCE_MS = 45_000;

/**
 * Reads an event stream and keeps reading across broken connections, resuming after the last message it gave out.
 * Ends with the message `end`, or when `signal` is aborted.
 *
 * @throws {DomainError} what the platform answered, when it refuses the stream
 */
export async function* readEvents(
  options: ClientOptions,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  let lastId = "";
  while (!signal.aborted) {
    try {
      for await (const event of connect(options, path, lastId, signal)) {
        if (event.event === "end") return;
        if (event.id !== "") lastId = event.id;
        yield event;
      }
    } catch (err) {
      if (signal.aborted) return;
      if (err instanceof DomainError && err.code !== "unavailable") throw err;
    }
    await pause(RECONNECT_MS, signal);
  }
}

async function* connect(
  options: ClientOptions,
  path: string,
  lastId: string,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await fetch(options.url + path, {
      headers: {
        authorization: `Bearer ${await options.token()}`,
        accept: "text/event-stream",
        ...(lastId === "" ? {} : { "last-event-id": lastId }),
      },
      redirect: "manual",
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok || response.body === null) throw await errorFrom(response);
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      text += decoder.decode(chunk, { stream: true });
      const messages = text.split("\n\n");
      text = messages.pop() ?? "";
      if (text.length > MAX_MESSAGE_CHARACTERS) throw new DomainError("unavailable", "An event was too long.");
      for (const message of messages) {
        const event = parseMessage(message);
        if (event !== null) yield event;
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Null for comments and for messages without data. */
export const parseMessage = (message: string): ServerSentEvent | null => {
  const event: ServerSentEvent = { id: "", event: "message", data: "" };
  const data: string[] = [];
  for (const line of message.split("\n")) {
    const [, field, value = ""] = /^([a-z]+):? ?(.*)$/.exec(line) ?? [];
    if (field === "id") event.id = value;
    else if (field === "event") event.event = value;
    else if (field === "data") data.push(value);
  }
  if (data.length === 0 && event.event === "message") return null;
  return { ...event, data: data.join("\n") };
};

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const stop = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener("abort", stop, { once: true });
  });
