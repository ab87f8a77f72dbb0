import type { ResourceLoaders } from "@homeport/kit/http/context.ts";
import { findStream } from "../store/streams.ts";
import type { LoggingDeps } from "./deps.ts";

/** What requests are about. A log of another organisation looks like one that does not exist. */
export const loaders = (deps: LoggingDeps): ResourceLoaders => ({
  async stream(scope, { stream }) {
    const found = typeof stream === "string" ? await findStream(deps.sql, stream) : null;
    if (found === null || (scope !== null && found.organisationId !== scope.organisationId)) return null;
    const { organisationId, projectId, environmentId } = found;
    return { kind: "stream", organisationId, projectId, environmentId };
  },
});
