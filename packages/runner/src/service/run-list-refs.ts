import type { ListRefsResult } from "../build-spec.ts";
import type { ClaimedListing } from "../ports.ts";
import { listRefs } from "../source/list-refs.ts";
import { openPlace } from "./open-place.ts";
import type { BuildParts } from "./run-build.ts";

/**
 * Asks a repository for its branches and tags, in a sandbox where there is one. There is no log: what git says is in the
 * reason when it fails.
 *
 * @throws {BuildFailure} with the reason, in words for people
 */
export const runListRefs = async (
  parts: BuildParts,
  { spec, secrets }: ClaimedListing,
  jobDir: string,
  signal: AbortSignal,
): Promise<ListRefsResult> => {
  const { limits, allowPrivateHosts, gitCertificates } = parts;
  const place = { jobDir, organisationId: spec.organisationId, needsSandbox: false };
  const sandbox = await openPlace(parts, place, signal);
  const egress = { allowPrivateHosts, certificates: gitCertificates };
  const timeoutMs = limits.git.listTimeoutMs;
  const options = { sandbox, jobDir, egress, credential: secrets.git, timeoutMs, onMessage: () => {} };
  return listRefs(spec, options, signal);
};
