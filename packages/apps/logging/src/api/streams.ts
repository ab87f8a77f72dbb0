import { DomainError } from "@homeport/kit/errors.ts";
import type { Handlers } from "@homeport/kit/http/api.ts";
import type { EnvironmentId, OrganisationId, ProjectId, ServiceId } from "@homeport/kit/ids.ts";
import type { contract, LinesQuery } from "../contract.ts";
import type { LoggingDeps } from "../service/deps.ts";
import { type LineQuery, type Position, readLines } from "../service/read-lines.ts";
import { createStream, endStream, getStream } from "../service/streams.ts";
import { buildStreamOf, type StreamId } from "../stream.ts";
import { toLogLine, toStreamView } from "./to-wire.ts";

export const streamHandlers = (deps: LoggingDeps): Handlers<typeof contract.streams> => ({
  async create(_context, { streamId, organisationId, projectId, serviceId, environmentId }) {
    const owner = {
      organisationId: organisationId as OrganisationId,
      projectId: projectId as ProjectId,
      serviceId: (serviceId ?? null) as ServiceId | null,
      environmentId: (environmentId ?? null) as EnvironmentId | null,
    };
    return toStreamView(await createStream(deps, streamId as StreamId, owner));
  },
  async get(_context, { stream }) {
    return toStreamView(await getStream(deps, stream as StreamId));
  },
  async lines(_context, input) {
    const { lines, scannedTo } = await readLines(deps, input.stream as StreamId, toQuery(input));
    return { lines: lines.map(toLogLine), ...(scannedTo === null ? {} : { scannedTo }) };
  },
  async end({ principal }, { stream }) {
    if (principal.kind === "job" && stream !== buildStreamOf(principal.jobId)) {
      throw new DomainError("not_found", "There is no such stream.");
    }
    return toStreamView(await endStream(deps, stream as StreamId));
  },
});

const toQuery = ({ before, after, limit, q, from, to }: LinesQuery): LineQuery => {
  if (before !== undefined && after !== undefined) throw new DomainError("invalid", "Use before or after, not both.");
  const filter = {
    text: q ?? null,
    from: from === undefined ? null : new Date(from),
    to: to === undefined ? null : new Date(to),
  };
  const position: Position = after === undefined ? { before: before ?? Number.MAX_SAFE_INTEGER } : { after };
  return { position, limit, filter };
};
