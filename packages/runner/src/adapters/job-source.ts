import { contract } from "@homeport/ci/contract.ts";
import { type ClientOptions, clientError, clientOf, errorFrom } from "@homeport/kit/client.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { JobId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import type { JobSource } from "../ports.ts";

/** The ci app as the source of jobs, through the gateway. `labels`: what this runner can do. */
export const ciJobs = (options: ClientOptions, labels: string[]): JobSource => {
  const { runner } = clientOf(contract, "ci", { ...options, timeoutMs: 60_000 });
  return {
    async claim(waitSeconds, signal) {
      const claim = await told(runner.claim({ labels, waitSeconds }, { signal }));
      if (claim === null) return null;
      const { job, leaseToken, leaseSeconds, jobToken } = claim;
      return {
        id: job.id as JobId,
        spec: job.spec,
        attempt: job.attempt,
        leaseToken: new Secret(leaseToken),
        leaseSeconds,
        jobToken: new Secret(jobToken),
        logStream: job.logStream,
        secrets: [],
      };
    },
    async heartbeat({ id, leaseToken }, waitSeconds, signal) {
      const { cancel } = await told(
        runner.heartbeat({ jobId: id, leaseToken: leaseToken.reveal(), waitSeconds }, { signal }),
      );
      return { cancel };
    },
    async complete({ id, leaseToken }, result, signal) {
      await told(runner.complete({ jobId: id, leaseToken: leaseToken.reveal(), result }, { signal }));
    },
    async fail({ id, leaseToken }, reason, retry, signal) {
      await told(runner.fail({ jobId: id, leaseToken: leaseToken.reveal(), reason, retry }, { signal }));
    },
    async openUpload({ jobToken }, uploadId, signal) {
      const response = await fetchUpload(`${options.url}/api/v1/ci/uploads/${uploadId}`, jobToken, signal);
      if (!response.ok) throw await errorFrom(response);
      if (response.body === null) throw new DomainError("not_found", "The upload is empty.");
      return response.body;
    },
  };
};

/** Calls throw what the ci app said, as a DomainError. */
const told = async <T>(call: Promise<T>): Promise<T> => {
  try {
    return await call;
  } catch (err) {
    throw clientError(err);
  }
};

const fetchUpload = async (url: string, jobToken: Secret, signal: AbortSignal): Promise<Response> => {
  try {
    return await fetch(url, {
      headers: { authorization: `Bearer ${jobToken.reveal()}` },
      redirect: "manual",
      signal,
      decompress: false,
    });
  } catch (err) {
    throw new DomainError("unavailable", "The ci app does not answer.", { cause: err });
  }
};
