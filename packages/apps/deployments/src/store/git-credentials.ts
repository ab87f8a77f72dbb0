import type { Db } from "@homeport/kit/db/connect.ts";
import type { ServiceId } from "@homeport/kit/ids.ts";
import type { CredentialKind, StoredCredential } from "../git-credential.ts";
import type { Service } from "../service.ts";

const columns = (sql: Db) => sql`
  service_id as "serviceId", organisation_id as "organisationId", kind, server, public_key as "publicKey", username,
  known_hosts as "knownHosts", created_at as "createdAt"`;

export const listCredentials = (sql: Db, serviceId: ServiceId): Promise<StoredCredential[]> =>
  sql<StoredCredential[]>`
    select ${columns(sql)} from deployments.git_credentials where service_id = ${serviceId} order by kind`;

export type SealedCredential = StoredCredential & { sealed: Uint8Array };

export const findSealedCredential = async (
  sql: Db,
  serviceId: ServiceId,
  kind: CredentialKind,
): Promise<SealedCredential | null> => {
  const [row] = await sql<SealedCredential[]>`
    select ${columns(sql)}, secret_sealed as "sealed"
    from deployments.git_credentials
    where service_id = ${serviceId} and kind = ${kind}`;
  return row ?? null;
};

export type NewCredential = { server: string; sealed: Uint8Array } & (
  | { kind: "ssh"; publicKey: string }
  | { kind: "token"; username: string | null }
);

/** Takes the place of the one of its kind; what was known of that one's server goes with it. */
export const putCredential = async (tx: Db, service: Service, credential: NewCredential): Promise<void> => {
  const publicKey = credential.kind === "ssh" ? credential.publicKey : null;
  const username = credential.kind === "token" ? credential.username : null;
  await tx`
    insert into deployments.git_credentials
      (service_id, kind, organisation_id, server, public_key, username, secret_sealed)
    values (${service.id}, ${credential.kind}, ${service.organisationId}, ${credential.server}, ${publicKey},
      ${username}, ${credential.sealed})
    on conflict (service_id, kind) do update set
      server = excluded.server, public_key = excluded.public_key, username = excluded.username,
      secret_sealed = excluded.secret_sealed, created_at = now(),
      known_hosts = case when git_credentials.server = excluded.server then git_credentials.known_hosts end`;
};

export const deleteCredential = async (tx: Db, serviceId: ServiceId, kind: CredentialKind): Promise<boolean> => {
  const gone = await tx`
    delete from deployments.git_credentials where service_id = ${serviceId} and kind = ${kind} returning kind`;
  return gone.length === 1;
};

/** Forgets what is for another server than this one; null for none at all. Gives the kinds that went. */
export const deleteCredentialsFor = async (
  tx: Db,
  serviceId: ServiceId,
  otherThan: string | null,
): Promise<{ kind: CredentialKind; server: string }[]> => tx<{ kind: CredentialKind; server: string }[]>`
  delete from deployments.git_credentials
  where service_id = ${serviceId} and server is distinct from ${otherThan}
  returning kind, server`;

/** Believes the first key that a server showed, and no other from then on. False when one was known. */
export const pinHostKey = async (sql: Db, serviceId: ServiceId, server: string, line: string): Promise<boolean> => {
  const pinned = await sql`
    update deployments.git_credentials set known_hosts = ${line}
    where service_id = ${serviceId} and kind = 'ssh' and server = ${server} and known_hosts is null
    returning service_id`;
  return pinned.length === 1;
};

export const forgetHostKey = async (tx: Db, serviceId: ServiceId): Promise<boolean> => {
  const forgotten = await tx`
    update deployments.git_credentials set known_hosts = null
    where service_id = ${serviceId} and kind = 'ssh' and known_hosts is not null
    returning service_id`;
  return forgotten.length === 1;
};
