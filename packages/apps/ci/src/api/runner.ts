import { DomainError, invariant } from "@homeport/kit/errors.ts";
import type { Handlers } from "@homeport/kit/http/api.ts";
import type { CallContext } from "@homeport/kit/http/context.ts";
import type { SignedPrincipal } from "@homeport/kit/identity.ts";
import { type Claim, type contract, LEASE_SECONDS } from "../contract.ts";
import type { Claimed } from "../service/claim.ts";
import type { Lease, Runners } from "../service/runners.ts";
import { toRunnerBuild, toRunnerListRefs } from "./wire.ts";

/** Signs the identity that a job has while it runs. */
export type SignJob = (principal: Extract<SignedPrincipal, { kind: "job" }>, ttlSeconds: number) => Promise<string>;

/** `stopping` ends waits, so that an app that stops does not wait for its longest poll. */
export const runnerHandlers = (
  runners: Runners,
  signJob: SignJob,
  stopping: AbortSignal,
): Handlers<typeof contract.runner> => {
  const untilOver = (context: CallContext) => AbortSignal.any([context.signal, stopping]);
  return {
    async begin(context) {
      return { givenBack: await runners.begin(runnerIdOf(context)) };
    },
    async claim(context, { labels, kinds, waitSeconds }) {
      const taker = { runnerId: runnerIdOf(context), labels, kinds };
      const claimed = await runners.claim(taker, waitSeconds * 1000, untilOver(context));
      return claimed === null ? null : toClaim(claimed, signJob);
    },
    async heartbeat(context, { waitSeconds, ...lease }) {
      const { cancel } = await runners.heartbeat(leaseOf(context, lease), waitSeconds * 1000, untilOver(context));
      return { cancel, leaseSeconds: LEASE_SECONDS };
    },
    async complete(context, { jobId, leaseToken, ...result }) {
      const state = await runners.complete(leaseOf(context, { jobId, leaseToken }), result);
      if (state === "succeeded" || state === "cancelled") return { state };
      throw reportedOtherwise(state);
    },
    async fail(context, { reason, retry, ...lease }) {
      const state = await runners.fail(leaseOf(context, lease), reason, retry);
      if (state === "failed" || state === "queued" || state === "cancelled") return { state };
      throw reportedOtherwise(state);
    },
  };
};

/** The one answer that has secrets in it: a runner's, about a job that it now holds. */
const toClaim = async (claimed: Claimed, signJob: SignJob): Promise<Claim> => {
  const lease = { leaseToken: claimed.leaseToken, leaseSeconds: LEASE_SECONDS };
  if (claimed.kind === "list_refs") {
    const { kind, job, secrets } = claimed;
    return { ...lease, kind, job: toRunnerListRefs(job), secrets: secrets?.reveal() ?? {} };
  }
  const { kind, job, secrets } = claimed;
  const jobToken = await signJob(
    { kind: "job", jobId: job.id, organisationId: job.organisationId, repository: job.spec.repository },
    job.timeoutSeconds,
  );
  return { ...lease, kind, job: toRunnerBuild(job), secrets: secrets?.reveal() ?? {}, jobToken };
};

const runnerIdOf = ({ principal }: CallContext): string => {
  invariant(principal.kind === "runner", "the manifest lets only runners call this");
  return principal.runnerId;
};

const leaseOf = (context: CallContext, lease: Omit<Lease, "runnerId">): Lease => ({
  ...lease,
  runnerId: runnerIdOf(context),
});

const reportedOtherwise = (state: string) => new DomainError("conflict", `This job was reported as ${state} before.`);
