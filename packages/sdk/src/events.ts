import type { ClientOptions } from "@homeport/kit/client.ts";
import { errorFrom } from "@homeport/kit/client.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { pause } from "@homeport/kit/lease/waker.ts";
import { createEventParser, type ServerSentEvent } from "./event-parser.ts";

export type EventOptions = ClientOptions & {
  /** How long to wait before connecting again, 1 s unless given. */
  reconnectMs?: number;
  /** A connection quieter than this is dead, 45 s unless given: servers send a comment at least every 15 s. */
  silenceMs?: number;
};

/**
 * Reads an event stream and keeps reading across broken connections, resuming after the last message it gave out.
 * Ends with the message `end`, or when `signal` is aborted.
 *
 * @throws {DomainError} what the platform answered, when it refuses the stream
 */
export async function* readEvents(
  options: EventOptions,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  const place = { id: "" };
  while (!signal.aborted) {
    try {
      for await (const event of connect(options, path, place, signal)) {
        if (event.event === "end") return;
        yield event;
      }
    } catch (err) {
      if (signal.aborted) return;
      if (err instanceof DomainError && !isPassing(err)) throw err;
    }
    await pause(options.reconnectMs ?? 1_000, signal);
  }
}

/** Whether asking again may help: the platform restarts, or has too much to do. */
const isPassing = ({ code }: DomainError): boolean => code === "unavailable" || code === "rate_limited";

/** Moves `place` on as messages are given out. */
async function* connect(
  options: EventOptions,
  path: string,
  place: { id: string },
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  const silence = new AbortController();
  const listen = () => setTimeout(() => silence.abort(), options.silenceMs ?? 45_000);
  let timer = listen();
  try {
    const response = await fetch(options.url + path, {
      headers: {
        authorization: `Bearer ${await options.token()}`,
        accept: "text/event-stream",
        ...(place.id === "" ? {} : { "last-event-id": place.id }),
      },
      redirect: "manual",
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok || response.body === null) throw await errorFrom(response);
    const parser = createEventParser();
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      clearTimeout(timer);
      timer = listen();
      for (const event of parser.take(chunk)) {
        // A message before the first with an id goes on from where the connection before it ended.
        if (event.id !== "") place.id = event.id;
        yield { ...event, id: place.id };
      }
      if (parser.lastId() !== "") place.id = parser.lastId();
    }
  } finally {
    clearTimeout(timer);
  }
}
