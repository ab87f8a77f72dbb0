import type { ListRefsResult } from "@homeport/ci/contract.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { CredentialKind } from "../git-credential.ts";
import { readRef } from "../push.ts";
import { serverOf } from "../repository-url.ts";
import type { Service } from "../service.ts";
import type { Refs, RefsAnswer } from "../source-provider.ts";
import { credentialOf, rememberHostKey } from "./git-credentials.ts";

/** How long a person waits for a repository's server. */
const WAIT_MS = 10_000;

export type SourceCheck = {
  readable: boolean;
  credential: CredentialKind | null;
  message: string;
  defaultBranch: string | null;
  branchCount: number | null;
};

export type Branches = {
  items: { name: string; commit: string }[];
  defaultBranch: string | null;
  isTruncated: boolean;
};

/** What a service's repository has, asked of its server while somebody waits. */
export const createRepositories = (sql: Sql, keys: Keyring, refs: Refs) => {
  const ask = async (
    service: Service,
    signal: AbortSignal,
  ): Promise<{ answer: RefsAnswer; credential: CredentialKind | null }> => {
    const { source, organisationId } = service;
    if (source.kind !== "git") throw new DomainError("invalid", "This service is not deployed from a git repository.");
    const found = await credentialOf(sql, keys, service);
    const question = { organisationId, url: source.url, credential: found?.credential ?? null };
    const answer = await refs.list(`refs:${Bun.randomUUIDv7()}`, question, WAIT_MS, signal);
    if (answer.state === "listed" && answer.refs.hostKey !== undefined)
      await rememberHostKey(sql, service, answer.refs.hostKey);
    return { answer, credential: found?.kind ?? null };
  };

  return {
    /** @throws {DomainError} invalid; unprocessable, with the server's reason; unavailable, when nobody answered in time */
    async branches(service: Service, signal: AbortSignal): Promise<Branches> {
      const { answer } = await ask(service, signal);
      if (answer.state === "failed") throw new DomainError("unprocessable", answer.reason.message);
      if (answer.state === "late") throw new DomainError("unavailable", LATE);
      const { defaultBranch, isTruncated } = answer.refs;
      return { items: branchesOf(answer.refs), defaultBranch, isTruncated };
    },

    async check(service: Service, ref: string | undefined, signal: AbortSignal): Promise<SourceCheck> {
      const { answer, credential } = await ask(service, signal);
      const nothing = { readable: false, credential, defaultBranch: null, branchCount: null };
      if (answer.state === "late") return { ...nothing, message: LATE };
      if (answer.state === "failed") {
        return { ...nothing, message: `${answer.reason.message} ${adviceFor(service, credential)}`.trim() };
      }
      const branches = branchesOf(answer.refs);
      const { defaultBranch, isTruncated } = answer.refs;
      const wanted = ref ?? (service.source.kind === "git" ? service.source.ref : undefined);
      return {
        readable: true,
        credential,
        message: `The repository can be read ${WITH[credential ?? "none"]}.${missing(answer.refs, wanted)}`,
        defaultBranch,
        branchCount: isTruncated ? null : branches.length,
      };
    },
  };
};

export type Repositories = ReturnType<typeof createRepositories>;

const LATE = "No runner had asked the repository's server within ten seconds. Is one online? Try again.";
const WITH = { none: "by everybody, without a credential", ssh: "with the deploy key", token: "with the git token" };

export const branchesOf = ({ refs }: Pick<ListRefsResult, "refs">): { name: string; commit: string }[] =>
  refs.flatMap(({ name, commit }) => {
    const ref = readRef(name);
    return ref?.kind === "branch" ? [{ name: ref.name, commit }] : [];
  });

const missing = ({ refs, isTruncated }: ListRefsResult, wanted: string | undefined): string => {
  const isCommit = wanted !== undefined && /^[0-9a-f]{7,64}$/.test(wanted);
  if (wanted === undefined || isCommit || isTruncated) return "";
  const isThere = refs.some(({ name }) => name === wanted || readRef(name)?.name === wanted);
  return isThere ? "" : ` It has no branch or tag ${wanted}.`;
};

const adviceFor = ({ source }: Service, credential: CredentialKind | null): string => {
  const server = source.kind === "git" ? serverOf(source.url) : null;
  if (credential !== null || server === null) return "";
  if (server.startsWith("ssh:"))
    return "The service has no deploy key: make one and add its public half to the repository.";
  return "If the repository is private, set a git token that may read it.";
};
