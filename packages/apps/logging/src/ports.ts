import type { StreamId } from "./stream.ts";

export type Clock = () => Date;

/** Tells every process of the platform that a stream changed. It is a hint: messages may get lost. */
export type LineChannel = {
  /** Never throws and is not waited for. */
  announce(stream: StreamId, lastLine: number): void;
  /** Calls `heard` at each announcement by anybody, until the answer is called. */
  listen(stream: StreamId, heard: () => void): () => void;
};
