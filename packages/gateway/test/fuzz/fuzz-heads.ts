import { BodyScanner } from "../../src/http1/body-scanner.ts";
import { RequestHead } from "../../src/http1/request-head.ts";
import { ResponseHead } from "../../src/http1/response-head.ts";
import { chunkedBody, damage, requestHead, responseHead } from "./grammar.ts";
import { type Arrival, checkChunked, checkLength, checkRequest, checkResponse } from "./invariants.ts";
import { Random } from "./random.ts";

/** Each reads one input after another, as on a connection: what one leaves behind must not change the next. */
export type Readers = { request: RequestHead; response: ResponseHead; body: BodyScanner };

export type Outcome = {
  slowest: { milliseconds: number; text: string };
  failure: { index: number; problem: string; text: string } | null;
};

type Kind = "request" | "response" | "chunked" | "length";
const KINDS: readonly Kind[] = ["request", "request", "response", "chunked", "chunked", "length"];
const MAX_STOPS = 4;
/** With its check by the slow reader; a gateway that stands still for longer is noticed by all of its clients. */
const MAX_MS = 100;
const CAPACITY = 256 * 1024;

/** Gives `count` inputs to the readers, up to the first that they read wrongly. Input `index` comes from `seed + index`. */
export function fuzz(count: number, seed: number, readers: Readers): Outcome {
  const bytes = Buffer.alloc(CAPACITY);
  const outcome: Outcome = { slowest: { milliseconds: 0, text: "" }, failure: null };
  for (let index = 0; index < count && outcome.failure === null; index++) {
    const random = new Random(seed + index);
    const kind = random.pick(KINDS);
    const text = textOf(random, kind);
    const check = checkOf(random, kind, readers, arrive(random, bytes, text));
    try {
      const milliseconds = timeOf(check, outcome.slowest.milliseconds);
      if (milliseconds > outcome.slowest.milliseconds) outcome.slowest = { milliseconds, text };
      if (milliseconds > MAX_MS) throw new Error(`it took ${milliseconds} ms`);
    } catch (err) {
      outcome.failure = { index, problem: `${kind}: ${err instanceof Error ? err.message : String(err)}`, text };
    }
  }
  return outcome;
}

/** A time above `limit` has to be seen three times: one may be that of a compiler or of other processes. */
function timeOf(check: () => void, limit: number): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run++) {
    const startedAt = performance.now();
    check();
    shortest = Math.min(shortest, performance.now() - startedAt);
    if (shortest <= limit) break;
  }
  return shortest;
}

function textOf(random: Random, kind: Kind): string {
  const make = { request: requestHead, response: responseHead, chunked: chunkedBody, length: chunkedBody }[kind];
  const text = random.oneIn(3) ? make(random) : damage(random, make(random));
  return random.oneIn(4) ? text + make(random) : text; // the next message is there already
}

/** In one part or several, which often end within the end of a line. */
function arrive(random: Random, bytes: Buffer, text: string): Arrival {
  const from = random.below(64);
  const stops = Array.from({ length: random.below(MAX_STOPS) }, () => {
    const at = random.below(text.length + 1);
    const line = random.oneIn(2) ? text.indexOf("\r", at) : -1;
    return from + Math.min(text.length, line === -1 ? at : line + random.below(3));
  });
  return { text, bytes, from, stops: [...stops.sort((a, b) => a - b), from + text.length] };
}

function checkOf(random: Random, kind: Kind, readers: Readers, arrival: Arrival): () => void {
  const isHead = random.oneIn(4);
  const length = random.below(2 * arrival.text.length);
  switch (kind) {
    case "request":
      return () => checkRequest(readers.request, arrival);
    case "response":
      return () => checkResponse(readers.response, arrival, isHead);
    case "chunked":
      return () => checkChunked(readers.body, arrival);
    case "length":
      return () => checkLength(readers.body, arrival, length);
  }
}

function main([countText = "1000000", seedText = String(Date.now() % 2 ** 31)]: string[]): number {
  const [count, seed] = [Number(countText), Number(seedText)];
  const print = (line: string) => process.stdout.write(`${line}\n`);
  print(`${count} inputs from seed ${seed}`);
  const startedAt = performance.now();
  const readers = { request: new RequestHead(), response: new ResponseHead(), body: new BodyScanner() };
  const { slowest, failure } = fuzz(count, seed, readers);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  print(`${seconds} s; slowest: ${slowest.milliseconds.toFixed(3)} ms for ${slowest.text.length} bytes`);
  if (failure === null) return 0;
  print(`Input ${failure.index}, ${failure.problem}`);
  print(JSON.stringify(failure.text));
  print(`Again: with 1 ${seed + failure.index}, or if it needs those before it, with ${failure.index + 1} ${seed}`);
  return 1;
}

if (import.meta.main) process.exit(main(process.argv.slice(2)));
