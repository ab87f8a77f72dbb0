import { type BodyScanner, BROKEN, CONTINUES } from "../../src/http1/body-scanner.ts";
import { type FieldList, INCOMPLETE } from "../../src/http1/field-list.ts";
import { CHUNKED, LENGTH, NO_BODY, UNTIL_CLOSE } from "../../src/http1/framing.ts";
import type { RequestHead } from "../../src/http1/request-head.ts";
import type { ResponseHead } from "../../src/http1/response-head.ts";
import { readChunked, readRequest, readResponse } from "./reference-reader.ts";

/**
 * An input as it arrives: `text` is put into `bytes` from `from` on, up to each of `stops` in turn, of which the last is its
 * end. What is left of other inputs lies around it.
 */
export type Arrival = { text: string; bytes: Buffer; from: number; stops: readonly number[] };

function putUpTo({ text, bytes, from }: Arrival, stop: number): void {
  bytes.write(text.slice(0, stop - from), from, "latin1");
}

/** More is waited for before a line is looked at as a whole: `HTTP/1.1`. */
const LEAST_LINE_BYTES = 8;

const BODIES = { none: NO_BODY, length: LENGTH, chunked: CHUNKED, "until close": UNTIL_CLOSE };

/** @throws {Error} with what a reader did wrong, like the next three. */
export function checkRequest(head: RequestHead, arrival: Arrival): void {
  const { bytes, from, text } = arrival;
  const end = readInParts(arrival, (stop) => head.read(bytes, from, stop));
  const facts = readRequest(text);
  if (end <= 0) {
    demand(facts === null, `a valid head is refused with ${end}: ${head.problem}`);
    return;
  }
  demand(facts !== null, "a head that is not valid is read");
  checkOrder([from, head.start, head.methodEnd, head.target, head.pathEnd, head.targetEnd, end]);
  checkFields(head.fields, head.targetEnd, end);
  const textOf = (start: number, stop: number) => bytes.toString("latin1", start, stop);
  same("end", end - from, facts.end);
  same("method", textOf(head.start, head.methodEnd), facts.method);
  same("path", textOf(head.target, head.pathEnd), facts.path);
  same("target", textOf(head.target, head.targetEnd), facts.target);
  same("minor version", head.minor, facts.minor);
  same("host", textOf(head.host, head.hostEnd), facts.host);
  same("body", head.body, BODIES[facts.body]);
  same("length", head.contentLength, facts.length);
  same("isWebSocket", head.isWebSocket, facts.isWebSocket);
  same("closes", head.closes, facts.closes);
  same("isHead", head.isHead, facts.method === "HEAD");
}

export function checkResponse(head: ResponseHead, arrival: Arrival, isHead: boolean): void {
  const { bytes, from, text } = arrival;
  const end = readInParts(arrival, (stop) => head.read(bytes, from, stop, isHead));
  const facts = readResponse(text, isHead);
  if (end <= 0) {
    demand(facts === null, `a valid head is refused with ${end}`);
    return;
  }
  demand(facts !== null, "a head that is not valid is read");
  checkOrder([from, head.lineEnd, end]);
  checkFields(head.fields, head.lineEnd, end);
  same("end", end - from, facts.end);
  same("status", head.status, facts.status);
  same("body", head.body, BODIES[facts.body]);
  same("length", head.contentLength, facts.length);
  same("closes", head.closes, facts.closes);
}

export function checkChunked(scanner: BodyScanner, arrival: Arrival): void {
  const { text, from, stops } = arrival;
  const parts = scan(scanner, arrival, stops);
  const whole = scan(scanner, arrival, stops.slice(-1));
  same("result in parts", parts.result, whole.result);
  const expected = readChunked(text);
  if (whole.result < 0) {
    demand(whole.result === BROKEN || whole.result === CONTINUES, `the result is ${whole.result}`);
    demand(expected === null, `a valid body ${whole.result === BROKEN ? "is broken" : "does not end"}`);
    return;
  }
  demand(expected !== null, "a body that is not valid ends");
  same("end", whole.result - from, expected.end);
  same("data", whole.data, expected.data);
  same("data in parts", parts.data, expected.data);
  same("count", scanner.byteCount, expected.end);
}

export function checkLength(scanner: BodyScanner, arrival: Arrival, length: number): void {
  const { result } = scan(scanner, arrival, arrival.stops, length);
  same("end", result, length <= arrival.text.length ? arrival.from + length : CONTINUES);
}

/** What is read of a part stays true when more arrives. */
function readInParts(arrival: Arrival, read: (stop: number) => number): number {
  const { text, from, stops } = arrival;
  let result = INCOMPLETE;
  for (const stop of stops) {
    putUpTo(arrival, stop);
    const next = read(stop);
    demand(next <= stop, `the result ${next} is beyond the end ${stop}`);
    demand(next <= 0 || next > from, `the result ${next} is before the start ${from}`);
    if (result !== INCOMPLETE) same("result with more bytes", next, result);
    result = next;
  }
  same("result of a second reading", read(stops.at(-1) ?? from), result);
  const isWhole = text.includes("\r\n\r\n", LEAST_LINE_BYTES);
  demand(result !== INCOMPLETE || !isWhole, "a whole head is incomplete");
  return result;
}

function scan(scanner: BodyScanner, arrival: Arrival, stops: readonly number[], length?: number) {
  let data = "";
  const sink = {
    data(chunk: Buffer, from: number, to: number) {
      demand(from < to, `data from ${from} to ${to}`);
      data += chunk.toString("latin1", from, to);
    },
  };
  if (length === undefined) scanner.begin(CHUNKED, 0, sink);
  else scanner.begin(LENGTH, length);
  let result: number = CONTINUES;
  let from = arrival.from;
  for (const stop of stops) {
    putUpTo(arrival, stop);
    result = scanner.scan(arrival.bytes, from, stop);
    demand(result < 0 || (result >= from && result <= stop), `the result ${result} is outside of ${from} to ${stop}`);
    if (result !== CONTINUES) break;
    from = stop;
  }
  return { result, data };
}

function checkFields(fields: FieldList, from: number, end: number): void {
  let before = from;
  for (let index = 0; index < fields.count; index++) {
    checkOrder([before, fields.line(index), fields.nameEnd(index), fields.value(index), fields.valueEnd(index), end]);
    demand(fields.nameEnd(index) > fields.line(index), `field ${index} has no name`);
    before = fields.valueEnd(index) + 2;
  }
}

function checkOrder(offsets: readonly number[]): void {
  for (let index = 1; index < offsets.length; index++) {
    if ((offsets[index] ?? 0) < (offsets[index - 1] ?? 0)) throw new Error(`the offsets ${offsets} are not in order`);
  }
}

function same(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
}

function demand(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new Error(problem);
}
