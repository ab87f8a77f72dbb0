import type { GitCredential } from "@homeport/ci/contract.ts";
import { audit } from "@homeport/kit/audit/audit.ts";
import type { Db, Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import type { Secret } from "@homeport/kit/secret.ts";
import { asGitCredential, type CredentialKind, isFor, kindFor, type StoredCredential } from "../git-credential.ts";
import { readAddress, serverOf } from "../repository-url.ts";
import type { Service } from "../service.ts";
import { makeSshKey } from "../ssh-key.ts";
import {
  deleteCredential,
  findSealedCredential,
  forgetHostKey,
  listCredentials,
  pinHostKey,
  putCredential,
} from "../store/git-credentials.ts";
import { serviceEntry } from "./audit-entry.ts";
import { openCredential, sealCredential } from "./source-seals.ts";

/** What a service's repository is read with; null for a source that needs nothing, or for which there is nothing. */
export const credentialOf = async (
  sql: Db,
  keys: Keyring,
  service: Pick<Service, "id" | "source">,
): Promise<{ kind: CredentialKind; credential: Secret<GitCredential> } | null> => {
  const { id, source } = service;
  const kind = source.kind === "git" ? kindFor(source.url) : null;
  const stored = kind === null ? null : await findSealedCredential(sql, id, kind);
  if (kind === null || stored === null || !isFor(stored, source)) return null;
  return { kind, credential: asGitCredential(stored, openCredential(keys, stored, stored.sealed)) };
};

/** Believes the key that a service's ssh server showed, the first time it does. */
export const rememberHostKey = async (
  sql: Db,
  { id, source }: Pick<Service, "id" | "source">,
  line: string,
): Promise<void> => {
  const server = source.kind === "git" ? serverOf(source.url) : null;
  if (server !== null) await pinHostKey(sql, id, server, line);
};

/** Deploy keys and tokens: made or set here, used by builds and listings, and read by nobody. */
export const createGitCredentials = (sql: Sql, keys: Keyring) => {
  const put = async (
    tx: Tx,
    service: Service,
    kind: CredentialKind,
    secret: Secret,
    rest: { publicKey: string } | { username: string | null },
  ): Promise<StoredCredential> => {
    const server = serverFor(service, kind);
    const sealed = sealCredential(
      keys,
      { organisationId: service.organisationId, serviceId: service.id, kind },
      secret,
    );
    await putCredential(tx, service, { kind, server, sealed, ...rest } as Parameters<typeof putCredential>[2]);
    await audit(tx, { ...serviceEntry("git-credential:write", service), after: { kind, server } });
    return getCredential(tx, service, kind);
  };

  return {
    /** Those that the service's source can use. */
    async list(service: Service): Promise<StoredCredential[]> {
      return (await listCredentials(sql, service.id)).filter((each) => isFor(each, service.source));
    },

    /** @throws {DomainError} invalid, for a source that no key helps; conflict, when there is one and it is to stay */
    async createDeployKey(service: Service, replace: boolean): Promise<StoredCredential> {
      serverFor(service, "ssh");
      const { publicKey, privateKey } = makeSshKey(`homeport-${service.projectSlug}-${service.slug}`);
      return sql.begin(async (tx) => {
        await lockService(tx, service);
        const known = (await listCredentials(tx, service.id)).find(({ kind }) => kind === "ssh");
        if (known !== undefined && isFor(known, service.source) && !replace)
          throw new DomainError("conflict", "It has a deploy key already. Ask for it to be replaced.");
        return put(tx, service, "ssh", privateKey, { publicKey });
      });
    },

    /** @throws {DomainError} invalid, for a source that is not reached over http */
    async setGitToken(service: Service, username: string | null, token: Secret): Promise<StoredCredential> {
      serverFor(service, "token");
      return sql.begin(async (tx) => {
        await lockService(tx, service);
        return put(tx, service, "token", token, { username });
      });
    },

    async remove(service: Service, kind: CredentialKind): Promise<boolean> {
      return sql.begin(async (tx) => {
        const isGone = await deleteCredential(tx, service.id, kind);
        if (isGone) await audit(tx, { ...serviceEntry("git-credential:remove", service), before: { kind } });
        return isGone;
      });
    },

    /** The next key that the server shows is believed. */
    async forgetHostKey(service: Service): Promise<boolean> {
      return sql.begin(async (tx) => {
        const isForgotten = await forgetHostKey(tx, service.id);
        if (isForgotten) await audit(tx, serviceEntry("git-credential:forget-host-key", service));
        return isForgotten;
      });
    },
  };
};

export type GitCredentials = ReturnType<typeof createGitCredentials>;

/** Whoever changes a service's source waits, so that a credential is never kept for a server it is not for. */
const lockService = async (tx: Tx, { id, source }: Service): Promise<void> => {
  const [row] = await tx<{ source: Service["source"] }[]>`
    select source from deployments.services where id = ${id} for update`;
  if (row === undefined) throw new DomainError("not_found", "There is no such service.");
  if (!Bun.deepEquals(row.source, source))
    throw new DomainError("conflict", "The service's source was changed just now. Look again.");
};

const getCredential = async (tx: Tx, service: Service, kind: CredentialKind): Promise<StoredCredential> => {
  const found = (await listCredentials(tx, service.id)).find((each) => each.kind === kind);
  if (found === undefined) throw new DomainError("not_found", "There is no such credential.");
  return found;
};

/** @throws {DomainError} invalid */
const serverFor = ({ source }: Service, kind: CredentialKind): string => {
  if (source.kind !== "git") throw new DomainError("invalid", "This service is not deployed from a git repository.");
  const server = serverOf(source.url);
  if (server !== null && kindFor(source.url) === kind) return server;
  const scheme = readAddress(source.url)?.scheme ?? "nothing known";
  throw new DomainError(
    "invalid",
    kind === "ssh"
      ? `A deploy key is for a repository that is reached over ssh, and this one is reached over ${scheme}: use git@host:path as its address, or a token.`
      : `A token is for a repository that is reached over https, and this one is reached over ${scheme}: use a deploy key.`,
  );
};
