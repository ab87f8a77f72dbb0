import { DomainError } from "@homeport/kit/errors.ts";
import { invalidFrom, problemResponse, toProblem } from "@homeport/kit/http/problem.ts";
import { readBounded } from "@homeport/kit/http/request.ts";
import type { RawContext, RawRoute } from "@homeport/kit/http/routes.ts";
import type { Principal } from "@homeport/kit/principal.ts";
import { z } from "zod";
import { AppendLine, StreamId as StreamIdSchema } from "../contract.ts";
import { GapError } from "../errors.ts";
import { MAX_APPEND_BYTES, MAX_APPEND_LINES } from "../limits.ts";
import { type Line, toLine } from "../line.ts";
import { appendLines } from "../service/append-lines.ts";
import type { LoggingDeps } from "../service/deps.ts";
import { buildStreamOf, kindOf, type StreamId } from "../stream.ts";

const Query = z.object({
  stream: StreamIdSchema,
  writer: z.string().regex(/^[A-Za-z0-9._:-]{1,100}$/, "must be 1 to 100 letters, digits and . _ : -"),
  offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
});

/** `POST /streams/:stream/append?writer=&offset=`: lines of NDJSON, kept in the order of their arrival. */
export const appendRoute = (deps: LoggingDeps): RawRoute => ({
  method: "POST",
  path: "/api/v1/logging/streams/:stream/append",
  action: "log:append",
  resource: "platform",
  async handle({ principal, url, params, request, requestId }: RawContext): Promise<Response> {
    const query = Query.safeParse({ ...Object.fromEntries(url.searchParams), stream: params.stream });
    if (!query.success) throw invalidFrom(query.error);
    const streamId = query.data.stream as StreamId;
    refuseForeign(principal, streamId);
    const { writer, offset } = query.data;
    const lines = parseLines(await readBounded(request, MAX_APPEND_BYTES));
    try {
      return Response.json(await appendLines(deps, { streamId, writer, offset, lines }));
    } catch (err) {
      if (err instanceof GapError) return gapResponse(err, requestId);
      throw err;
    }
  },
});

/** A job writes its own log, an agent those of services and of one-off commands. @throws {DomainError} not_found */
const refuseForeign = (principal: Principal, id: StreamId): void => {
  const isOwn =
    principal.kind === "job"
      ? id === buildStreamOf(principal.jobId)
      : principal.kind === "app" || (principal.kind === "agent" && kindOf(id) !== "build");
  if (!isOwn) throw new DomainError("not_found", "There is no such stream.");
};

/** All lines, or none: a request with a wrong one is refused whole. @throws {DomainError} invalid */
const parseLines = (body: Uint8Array | null): Line[] => {
  const rows = new TextDecoder().decode(body ?? new Uint8Array()).split("\n"); // invalid UTF-8 becomes U+FFFD
  if (rows.at(-1) === "") rows.pop();
  if (rows.length > MAX_APPEND_LINES)
    throw new DomainError("invalid", `At most ${MAX_APPEND_LINES} lines fit in one request.`);
  return rows.map((row, i) => {
    const parsed = AppendLine.safeParse(parseJson(row, i));
    if (parsed.success) return toLine(parsed.data);
    throw new DomainError("invalid", `Line ${i + 1} of the request: ${invalidFrom(parsed.error).message}`);
  });
};

const parseJson = (row: string, i: number): unknown => {
  try {
    return JSON.parse(row);
  } catch (err) {
    throw new DomainError("invalid", `Line ${i + 1} of the request is not JSON.`, { cause: err });
  }
};

/** The usual answer to a conflict, and from where to go on. */
const gapResponse = (err: GapError, requestId: string): Response => {
  const { status, headers } = problemResponse(err, requestId);
  return new Response(JSON.stringify({ ...toProblem(err, requestId), expectedOffset: err.expectedOffset }), {
    status,
    headers,
  });
};
