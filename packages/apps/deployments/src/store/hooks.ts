import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import { dbError } from "@homeport/kit/db/errors.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { ProjectId } from "@homeport/kit/ids.ts";
import { FORMER_SECRET_HOURS, type Hook, type HookId, MAX_HOOKS } from "../hook.ts";

const columns = (sql: Db) => sql`
  h.id, h.organisation_id as "organisationId", h.project_id as "projectId", h.provider, h.url, h.repository,
  h.created_by as "createdBy", h.created_at as "createdAt", h.rotated_at as "rotatedAt",
  case when h.former_until > now() then h.former_until end as "formerUntil", h.last_delivery_at as "lastDeliveryAt"`;

export type NewHook = Pick<
  Hook,
  "id" | "organisationId" | "projectId" | "provider" | "url" | "repository" | "createdBy"
> & {
  secretSealed: Uint8Array;
};

/** @throws {DomainError} conflict, when the repository has one in this project, or the project too many */
export const insertHook = async (tx: Db, hook: NewHook): Promise<Hook> => {
  const [made] = await tx<Hook[]>`
    insert into deployments.hooks as h
      (id, organisation_id, project_id, provider, url, repository, secret_sealed, created_by)
    select ${hook.id}, ${hook.organisationId}, ${hook.projectId}, ${hook.provider}, ${hook.url}, ${hook.repository},
      ${hook.secretSealed}, ${jsonb(tx, hook.createdBy)}
    where (select count(*) from deployments.hooks where project_id = ${hook.projectId}) < ${MAX_HOOKS}
    returning ${columns(tx)}`.catch(
    dbError({ hooks_repository_key: "This project has a webhook for that repository already." }),
  );
  if (made === undefined) throw new DomainError("conflict", `A project has at most ${MAX_HOOKS} webhooks.`);
  return made;
};

export const listHooks = (sql: Db, projectId: ProjectId): Promise<Hook[]> => sql<Hook[]>`
  select ${columns(sql)}
  from deployments.hooks h
  where h.project_id = ${projectId}
  order by h.repository, h.id
  limit ${MAX_HOOKS}`;

export const findHook = async (sql: Db, projectId: ProjectId, id: HookId): Promise<Hook | null> => {
  const [hook] = await sql<Hook[]>`
    select ${columns(sql)} from deployments.hooks h where h.project_id = ${projectId} and h.id = ${id}`;
  return hook ?? null;
};

export type SealedHook = Hook & { secretSealed: Uint8Array; formerSealed: Uint8Array | null };

/** A hook with what proves its deliveries: the secret, and the one before as long as that holds. */
export const findSealedHook = async (sql: Db, id: HookId): Promise<SealedHook | null> => {
  const [hook] = await sql<SealedHook[]>`
    select ${columns(sql)}, h.secret_sealed as "secretSealed",
      case when h.former_until > now() then h.former_sealed end as "formerSealed"
    from deployments.hooks h
    where h.id = ${id}`;
  return hook ?? null;
};

/** Holds a hook until the end of the transaction, so that of two rotations the second sees the secret of the first. */
export const lockSealedHook = async (tx: Db, id: HookId): Promise<SealedHook | null> => {
  await tx`select id from deployments.hooks where id = ${id} for update`;
  return findSealedHook(tx, id);
};

export const rotateHook = async (
  tx: Db,
  id: HookId,
  sealed: { secret: Uint8Array; former: Uint8Array | null },
): Promise<void> => {
  await tx`
    update deployments.hooks set
      secret_sealed = ${sealed.secret}, former_sealed = ${sealed.former},
      former_until = case when ${sealed.former !== null} then now() + ${FORMER_SECRET_HOURS} * interval '1 hour' end,
      rotated_at = now()
    where id = ${id}`;
};

export const deleteHook = async (tx: Db, id: HookId): Promise<boolean> => {
  const gone = await tx`delete from deployments.hooks where id = ${id} returning id`;
  return gone.length === 1;
};
