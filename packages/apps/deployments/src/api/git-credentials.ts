import { invariant } from "@homeport/kit/errors.ts";
import type { Handlers } from "@homeport/kit/http/api.ts";
import { Secret } from "@homeport/kit/secret.ts";
import type { contract } from "../contract.ts";
import type { StoredCredential } from "../git-credential.ts";
import { serviceOf } from "../service/loaders.ts";
import type { UseCases } from "../service/use-cases.ts";
import { fingerprintOf } from "../ssh-key.ts";

export const gitCredentialHandlers = ({ gitCredentials }: UseCases): Handlers<typeof contract.gitCredentials> => ({
  get: async (context) => {
    const all = await gitCredentials.list(serviceOf(context));
    const [key, token] = [all.find(({ kind }) => kind === "ssh"), all.find(({ kind }) => kind === "token")];
    return {
      deployKey: key === undefined ? null : keyToWire(key),
      gitToken: token === undefined ? null : tokenToWire(token),
    };
  },
  createDeployKey: async (context, { replace }) =>
    keyToWire(await gitCredentials.createDeployKey(serviceOf(context), replace)),
  removeDeployKey: async (context) => ({ removed: await gitCredentials.remove(serviceOf(context), "ssh") }),
  forgetHostKey: async (context) => ({ removed: await gitCredentials.forgetHostKey(serviceOf(context)) }),
  setGitToken: async (context, { username, token }) =>
    tokenToWire(await gitCredentials.setGitToken(serviceOf(context), username ?? null, new Secret(token))),
  removeGitToken: async (context) => ({ removed: await gitCredentials.remove(serviceOf(context), "token") }),
});

const keyToWire = (credential: StoredCredential) => {
  invariant(credential.kind === "ssh", "a deploy key is for ssh");
  const { publicKey, server, knownHosts, createdAt } = credential;
  return {
    publicKey,
    fingerprint: fingerprintOf(publicKey) ?? "",
    server,
    hostKey: knownHosts === null ? null : { line: knownHosts, fingerprint: fingerprintOf(knownHosts) ?? "" },
    createdAt: createdAt.toISOString(),
  };
};

const tokenToWire = (credential: StoredCredential) => {
  invariant(credential.kind === "token", "a token is for https");
  const { username, server, createdAt } = credential;
  return { username, server, createdAt: createdAt.toISOString() };
};
