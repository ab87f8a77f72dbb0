import { type Claim, contract, type GitCredential as GitCredentialWire } from "@homeport/ci/contract.ts";
import { type ClientOptions, clientError, clientOf, errorFrom } from "@homeport/kit/client.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { JobId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import type { ClaimedJob, GitCredential, JobSource } from "../ports.ts";

/** The ci app as the source of jobs, through the gateway. `labels`: what this runner can do. */
export const ciJobs = (options: ClientOptions, labels: string[]): JobSource => {
  const { runner } = clientOf(contract, "ci", { ...options, timeoutMs: 60_000 });
  return {
    async begin(signal) {
      await told(runner.begin({}, { signal }));
    },
    async claim(kinds, waitSeconds, signal) {
      const claim = await told(runner.claim({ labels, kinds: [...kinds], waitSeconds }, { signal }));
      return claim === null ? null : toClaimed(claim);
    },
    async heartbeat({ id, leaseToken }, waitSeconds, signal) {
      const { cancel } = await told(
        runner.heartbeat({ jobId: id, leaseToken: leaseToken.reveal(), waitSeconds }, { signal }),
      );
      return { cancel };
    },
    async complete({ id, leaseToken }, result, signal) {
      await told(runner.complete({ jobId: id, leaseToken: leaseToken.reveal(), ...result }, { signal }));
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

const toClaimed = (claim: Claim): ClaimedJob => {
  const { id, attempt } = claim.job;
  const { leaseToken, leaseSeconds } = claim;
  const held = { id: id as JobId, attempt, leaseToken: new Secret(leaseToken), leaseSeconds };
  const git = toCredential(claim.secrets.git);
  if (claim.kind === "list_refs") {
    return { ...held, kind: claim.kind, spec: claim.job.spec, secrets: { git, build: new Map() } };
  }
  const { kind, job, jobToken, secrets } = claim;
  const values = Object.entries(secrets.build ?? {}).map(([name, value]) => [name, new Secret(value)] as const);
  return {
    ...held,
    kind,
    spec: job.spec,
    secrets: { git, build: new Map(values) },
    jobToken: new Secret(jobToken),
    logStream: job.logStream,
  };
};

const toCredential = (given: GitCredentialWire | undefined): GitCredential | null => {
  switch (given?.kind) {
    case undefined:
      return null;
    case "ssh":
      return { kind: "ssh", privateKey: new Secret(given.privateKey), knownHosts: given.knownHosts ?? null };
    case "token":
      return { kind: "token", username: given.username ?? null, token: new Secret(given.token) };
  }
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
