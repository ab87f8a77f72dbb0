import { kindOfAddress } from "@homeport/kit/egress/address-kind.ts";
import { BuildFailure } from "../build-failure.ts";
import type { GitUrl } from "../git-url.ts";
import type { GitCredential } from "../ports.ts";
import { keyProblem } from "./ssh-key.ts";

/** Of servers that look at the token alone, which are most of them (GitHub, GitLab, Gitea). */
const ANY_USER = "x-access-token";

/** The value of an Authorization header; null when there is nothing to say. It is a secret itself. */
export const authorizationOf = (credential: GitCredential | null): string | null => {
  if (credential?.kind !== "token") return null;
  return `Basic ${Buffer.from(`${credential.username ?? ANY_USER}:${credential.token.reveal()}`).toString("base64")}`;
};

/**
 * Whether a credential is for this kind of address, before anybody is connected to. An ssh address without a key is
 * refused by every server, so it is said here.
 *
 * @throws {BuildFailure} source_invalid, repository_private, credential_refused
 */
export const checkCredential = (url: GitUrl, credential: GitCredential | null): void => {
  if (url.scheme === "ssh" && credential === null) {
    throw new BuildFailure(
      "repository_private",
      "Addresses with ssh need a deploy key, and there is none. Add one, or use the repository's https:// address.",
    );
  }
  if (url.scheme === "ssh" && credential?.kind === "token") {
    throw new BuildFailure("source_invalid", "A token is for https:// addresses, and this one is of ssh.");
  }
  if (url.scheme !== "ssh" && credential?.kind === "ssh") {
    throw new BuildFailure("source_invalid", `A deploy key is for addresses of ssh, and this one is ${url.scheme}://.`);
  }
  if (url.scheme === "git" && credential !== null) {
    throw new BuildFailure("source_invalid", "The git:// protocol knows no credentials. Use https://.");
  }
  const problem = credential?.kind === "ssh" ? keyProblem(credential.privateKey.reveal()) : null;
  if (problem !== null) throw new BuildFailure("credential_refused", `The deploy key ${problem}`);
};

/**
 * A token goes over http only inside of a private network: everybody on the way could read it.
 *
 * @throws {BuildFailure} source_invalid
 */
export const checkTransport = (url: GitUrl, addresses: readonly string[], credential: GitCredential | null): void => {
  if (credential === null || url.scheme !== "http") return;
  if (addresses.every((address) => kindOfAddress(address) === "private")) return;
  throw new BuildFailure(
    "source_invalid",
    "A token would travel in plain text over http://. Use the repository's https:// address.",
  );
};
