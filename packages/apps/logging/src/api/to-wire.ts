import type { LogLine, StreamView } from "../contract.ts";
import type { NumberedLine } from "../line.ts";
import { kindOf, type LogStream } from "../stream.ts";

export const toLogLine = ({ n, at, stream, replica, text }: NumberedLine): LogLine => ({
  n,
  at: at.toISOString(),
  stream,
  ...(replica === null ? {} : { replica }),
  text,
});

export const toStreamView = (stream: LogStream): StreamView => ({
  streamId: stream.id,
  kind: kindOf(stream.id),
  organisationId: stream.organisationId,
  projectId: stream.projectId,
  serviceId: stream.serviceId,
  firstLine: stream.firstLine,
  lastLine: stream.nextLine - 1,
  sizeBytes: stream.storedBytes,
  droppedLines: stream.droppedLines,
  createdAt: stream.createdAt.toISOString(),
  endedAt: stream.endedAt?.toISOString() ?? null,
});
