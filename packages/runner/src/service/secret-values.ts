import { Secret } from "@homeport/kit/secret.ts";
import type { ClaimedJob, GitCredential } from "../ports.ts";
import { authorizationOf } from "../source/git-credential.ts";

/** Every value of a job that nobody may read in its log or in what it fails with. */
export const secretValues = (job: ClaimedJob): Secret[] => [
  job.leaseToken,
  ...(job.kind === "build" ? [job.jobToken] : []),
  ...credentialValues(job.secrets.git),
  ...job.secrets.build.values(),
];

/** Known hosts are no secret. The header that a token is sent in is one. */
const credentialValues = (credential: GitCredential | null): Secret[] => {
  switch (credential?.kind) {
    case undefined:
      return [];
    case "ssh":
      return [credential.privateKey];
    case "token":
      return [credential.token, new Secret((authorizationOf(credential) ?? "").replace("Basic ", ""))];
  }
};
