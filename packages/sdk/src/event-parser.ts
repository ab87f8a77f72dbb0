import { DomainError } from "@homeport/kit/errors.ts";

/** One message of an event stream, as in the HTML standard, section 9.2. `id` is the last one that the stream told. */
export type ServerSentEvent = { id: string; event: string; data: string };

/** A message longer than this ends the stream: nothing of ours is. */
const MAX_MESSAGE_CHARACTERS = 1024 * 1024;

/**
 * Takes an event stream apart, piece by piece as it arrives: messages, lines, even characters may be cut anywhere.
 * Comments, and messages without data or an event, give nothing; an id that came with one counts all the same.
 */
export const createEventParser = () => {
  const decoder = new TextDecoder();
  let rest = "";
  let held = 0;
  let id = "";
  let lastId = "";
  let event = "";
  let data: string[] = [];

  const endMessage = (): ServerSentEvent[] => {
    const message = { id, event: event === "" ? "message" : event, data: data.join("\n") };
    const isEmpty = data.length === 0 && event === "";
    lastId = id;
    event = "";
    data = [];
    held = 0;
    return isEmpty ? [] : [message];
  };

  const takeLine = (line: string): ServerSentEvent[] => {
    if (line === "") return endMessage();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    held += line.length;
    if (field === "id" && !value.includes("\0")) id = value;
    else if (field === "event") event = value;
    else if (field === "data") data.push(value);
    return [];
  };

  return {
    take(chunk: Uint8Array): ServerSentEvent[] {
      const text = rest + decoder.decode(chunk, { stream: true });
      // A line ends with \n, \r\n or \r. A \r at the end waits: its \n may be on the way.
      const lines = text.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      const events = lines.flatMap(takeLine);
      if (rest.length + held > MAX_MESSAGE_CHARACTERS) throw new DomainError("unavailable", "An event was too long.");
      return events;
    },
    /** The id of the last whole message, whether or not it gave an event; empty when none had one. */
    lastId: (): string => lastId,
  };
};
