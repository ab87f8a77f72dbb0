import type { RawClient } from "../raw-client.ts";
import { until } from "../until.ts";
import { type HttpMessage, readResponse } from "./http-reader.ts";

/** A final response with the interim ones (1xx) before it. */
export type Answer = HttpMessage & { status: number; interim: HttpMessage[] };

/**
 * The complete answers a client has, to requests with these methods in order. The reading is strict, so bytes that belong to
 * no answer are an error.
 *
 * @throws {Error} when what came is not a row of whole responses, with at most one unfinished behind them
 */
export function answersOf(client: RawClient, methods: readonly string[]): Answer[] {
  const { text } = client;
  const isWhole = client.isClosed && client.end === "FIN"; // after a reset, the end of a close-delimited body is no end
  const answers: Answer[] = [];
  let interim: HttpMessage[] = [];
  for (let at = 0; at < text.length; ) {
    const reading = readResponse(text, at, methods[answers.length] ?? "GET", isWhole);
    if (reading === null) break;
    at = reading.end;
    const status = Number(reading.message.startLine.split(" ")[1]);
    if (status < 200) {
      interim.push(reading.message);
      continue;
    }
    answers.push({ ...reading.message, status, interim });
    interim = [];
  }
  return answers;
}

/** Waits for one complete answer per method, and returns them; fails early when the connection ends before. */
export async function waitForAnswers(client: RawClient, ...methods: string[]): Promise<Answer[]> {
  await until(`${methods.length} answers arrive`, () => {
    return client.isClosed || answersOf(client, methods).length >= methods.length;
  });
  const answers = answersOf(client, methods);
  if (answers.length !== methods.length) {
    throw new Error(
      `${answers.length} answers instead of ${methods.length}: ${JSON.stringify(client.text.slice(-500))}`,
    );
  }
  return answers;
}
