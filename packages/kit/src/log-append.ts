import { type ClientOptions, errorFrom } from "./client.ts";
import { DomainError } from "./errors.ts";

export type AppendedLine = { at: Date; stream: "stdout" | "stderr"; text: string; replica?: string };

export type LogAppend = {
  streamId: string;
  /** Who counts: the same writer never sends two different lines under one number. */
  writer: string;
  /** How many lines the writer has sent before; repeating an append adds nothing twice. */
  offset: number;
  lines: readonly AppendedLine[];
};

/** Sends lines to a log stream. @throws {DomainError} unavailable, to be tried again; others as the platform answered */
export const appendLog = async (to: ClientOptions, append: LogAppend, signal: AbortSignal): Promise<void> => {
  const query = new URLSearchParams({ writer: append.writer, offset: String(append.offset) });
  const body = append.lines.map((line) => `${JSON.stringify({ ...line, at: line.at.toISOString() })}\n`).join("");
  const response = await post(
    `${to.url}/api/v1/logging/streams/${append.streamId}/append?${query}`,
    await to.token(),
    body,
    signal,
  );
  if (!response.ok) throw await errorFrom(response);
  await response.arrayBuffer();
};

const post = async (url: string, token: string, body: string, signal: AbortSignal): Promise<Response> => {
  try {
    return await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/x-ndjson" },
      body,
      redirect: "manual",
      signal,
    });
  } catch (err) {
    throw new DomainError("unavailable", "The logging app does not answer.", { cause: err });
  }
};
