import type { Field } from "./http-reader.ts";
import { CHUNKED, HOST, requestOf } from "./request-bytes.ts";

/** Bytes of a client, sent on a connection of their own with a plain request right behind them. */
export type FramingCase = { name: string; bytes: string };

/** Nothing of it may reach an upstream: one answer of the gateway's own with one of these statuses, and the connection ends. */
export type RefusedCase = FramingCase & { statuses: readonly number[] };

/** What an upstream has to read, besides Host and what the gateway says as a proxy. */
export type AcceptedCase = FramingCase & {
  line: string;
  fields: readonly Field[];
  body: string;
  trailers: readonly Field[];
  /** Refusing it with one of these is as good. */
  orRefused: readonly number[];
};

/** Statuses of a refusal that the RFCs leave open. */
export const BAD_CODING = [400, 501];
export const BAD_VERSION = [400, 505];
export const BAD_METHOD = [400, 405, 501];

export const refused = (name: string, bytes: string, statuses: readonly number[] = [400]): RefusedCase => ({
  name,
  bytes,
  statuses,
});

type Expected = Partial<Omit<AcceptedCase, "name" | "bytes" | "line">>;

/** A request that passes. The line that the upstream reads is the client's own. */
export const accepted = (name: string, bytes: string, expected: Expected = {}): AcceptedCase => ({
  name,
  bytes,
  line: /^(?:\r\n)?([^\r]*)/.exec(bytes)?.[1] ?? "",
  fields: [],
  body: "",
  trailers: [],
  orRefused: [],
  ...expected,
});

export const get = (...lines: string[]): string => requestOf("GET /evil", ...lines);

/** `chunks` is everything behind the head. */
export const postChunks = (chunks: string): string => `POST /evil HTTP/1.1\r\n${HOST}${CHUNKED}\r\n${chunks}`;

/** The lines between Host and the body, which is `abc`. */
export const postAbc = (...lines: string[]): string => `${requestOf("POST /evil", ...lines)}abc`;
