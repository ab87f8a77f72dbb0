import { STATUS_CODES } from "node:http";
import type { Reply } from "../error-pages.ts";
import type { HeadWriter } from "./head-writer.ts";

/** Begins the head of an answer of our own; the caller adds the request id and the empty line. */
export function writeReply(writer: HeadWriter, reply: Reply, isHead: boolean, extraLines: string): void {
  writer.begin();
  writer.text(`HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ""}\r\n`);
  for (const [name, value] of reply.headers) writer.text(`${name}: ${value}\r\n`);
  if (!isHead || reply.body !== "") writer.text(`content-length: ${Buffer.byteLength(reply.body)}\r\n`);
  if (extraLines !== "") writer.text(extraLines);
}
