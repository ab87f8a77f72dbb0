import type { GitCredential } from "@homeport/ci/contract.ts";
import type { OrganisationId, ServiceId } from "@homeport/kit/ids.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { readAddress, serverOf } from "./repository-url.ts";
import type { Source } from "./source.ts";

export type CredentialKind = "ssh" | "token";

/** What a service's repository is read with, without the secret part. */
export type StoredCredential = {
  serviceId: ServiceId;
  organisationId: OrganisationId;
  /** The only server that it is shown to. */
  server: string;
  createdAt: Date;
} & ({ kind: "ssh"; publicKey: string; knownHosts: string | null } | { kind: "token"; username: string | null });

/** Which kind of credential an address can use; null for what is read by everybody or not at all. */
export const kindFor = (url: string): CredentialKind | null => {
  switch (readAddress(url)?.scheme) {
    case "ssh":
      return "ssh";
    case "https":
    case "http":
      return "token";
    default:
      return null;
  }
};

/** Whether a credential is for this source: of its kind, and for its server and no other. */
export const isFor = ({ kind, server }: Pick<StoredCredential, "kind" | "server">, source: Source): boolean =>
  source.kind === "git" && kindFor(source.url) === kind && serverOf(source.url) === server;

/** As jobs take it. */
export const asGitCredential = (credential: StoredCredential, secret: Secret): Secret<GitCredential> =>
  new Secret(
    credential.kind === "ssh"
      ? {
          kind: "ssh",
          privateKey: secret.reveal(),
          ...(credential.knownHosts === null ? {} : { knownHosts: credential.knownHosts }),
        }
      : {
          kind: "token",
          token: secret.reveal(),
          ...(credential.username === null ? {} : { username: credential.username }),
        },
  );
