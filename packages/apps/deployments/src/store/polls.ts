import type { Db, Sql } from "@homeport/kit/db/connect.ts";
import { type Id, newId, type OrganisationId, type ProjectId, type ServiceId } from "@homeport/kit/ids.ts";
import type { StoredCredential } from "../git-credential.ts";
import type { Source } from "../source.ts";

export type PollId = Id<"poll">;

/** A service that may be polled for: made from git, deployed by pushes, and deployed once already. */
export type PollCandidate = {
  serviceId: ServiceId;
  organisationId: OrganisationId;
  projectId: ProjectId;
  source: Extract<Source, { kind: "git" }>;
  credentials: Pick<StoredCredential, "kind" | "server">[];
  /** The repositories of its project that webhooks tell of. */
  hooked: string[];
};

/** Of one organisation, or of all. */
export const listPollCandidates = (sql: Db, organisationId: OrganisationId | null): Promise<PollCandidate[]> =>
  sql<PollCandidate[]>`
    select s.id as "serviceId", s.organisation_id as "organisationId", s.project_id as "projectId", s.source,
      coalesce(
        (select jsonb_agg(jsonb_build_object('kind', c.kind, 'server', c.server))
         from deployments.git_credentials c where c.service_id = s.id), '[]') as credentials,
      (select coalesce(array_agg(h.repository), '{}') from deployments.hooks h where h.project_id = s.project_id) as hooked
    from deployments.services s
    where s.source ->> 'kind' = 'git' and coalesce((s.settings ->> 'autoDeploy')::boolean, true)
      ${organisationId === null ? sql`` : sql`and s.organisation_id = ${organisationId}`}
      and exists (
        select 1
        from deployments.workloads w
        join deployments.deployments d on d.workload_id = w.id
        where w.service_id = s.id)
    order by s.id`;

export type Poll = {
  id: PollId;
  organisationId: OrganisationId;
  url: string;
  /** The service whose credential is used. */
  credentialServiceId: ServiceId | null;
  /** Projects that have seen it before. */
  knownProjectIds: ProjectId[];
  failures: number;
  leaseToken: string;
};

export type WantedPoll = Pick<Poll, "organisationId" | "url" | "credentialServiceId">;

/**
 * Makes the polls that are wanted and missing, due at some time within the interval so that they do not all come at once,
 * and forgets the others. Where the interval is shorter than it was, they are due sooner.
 */
export const syncPolls = async (sql: Sql, wanted: readonly WantedPoll[], intervalMs: number): Promise<void> => {
  const rows = JSON.stringify(wanted.map((each) => ({ ...each, id: newId<PollId>() })));
  await sql.begin(async (tx) => {
    await tx`
      insert into deployments.repository_polls (id, organisation_id, url, credential_service_id, due_at)
      select id, "organisationId", url, "credentialServiceId", now() + random() * ${intervalMs} * interval '1 millisecond'
      from jsonb_to_recordset(${rows}::text::jsonb)
        as wanted (id uuid, "organisationId" uuid, url text, "credentialServiceId" uuid)
      on conflict (organisation_id, url, credential_service_id) do nothing`;
    await tx`
      delete from deployments.repository_polls p
      where not exists (
        select 1
        from jsonb_to_recordset(${rows}::text::jsonb)
          as wanted ("organisationId" uuid, url text, "credentialServiceId" uuid)
        where wanted."organisationId" = p.organisation_id and wanted.url = p.url
          and wanted."credentialServiceId" is not distinct from p.credential_service_id)`;
    await tx`
      update deployments.repository_polls set due_at = now() + random() * ${intervalMs} * interval '1 millisecond'
      where failures = 0 and due_at > now() + 1.2 * ${intervalMs} * interval '1 millisecond'`;
  });
};

/** Longer than a question and taking its answer may last. */
const LEASE_SECONDS = 180;
/** On the whole platform at once. */
const MAX_AT_ONCE = 4;

/** Claims polls that are due. Many processes may call it at once: together they never hold more than four. */
export const claimPolls = (sql: Sql, limit: number): Promise<readonly Poll[]> =>
  sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended('deployments.polls', 0))`;
    return tx<Poll[]>`
      with due as (
        select id
        from deployments.repository_polls
        where due_at <= now() and (lease_until is null or lease_until < now())
        order by due_at, id
        limit greatest(0, least(${limit}, ${MAX_AT_ONCE} - (
          select count(*) from deployments.repository_polls where lease_until >= now())))
        for update skip locked
      )
      update deployments.repository_polls p
      set lease_token = gen_random_uuid(), lease_until = now() + ${LEASE_SECONDS} * interval '1 second'
      from due
      where p.id = due.id
      returning p.id, p.organisation_id as "organisationId", p.url, p.credential_service_id as "credentialServiceId",
        p.known_project_ids as "knownProjectIds", p.failures, p.lease_token as "leaseToken"`;
  });

export type PollEnd = { knownProjectIds: ProjectId[]; failures: number; reason: string | null; waitMs: number };

export const finishPoll = async (sql: Db, { id, leaseToken }: Poll, end: PollEnd): Promise<void> => {
  await sql`
    update deployments.repository_polls set
      known_project_ids = ${end.knownProjectIds as string[]}::uuid[], failures = ${end.failures}, reason = ${end.reason},
      polled_at = now(), due_at = now() + ${end.waitMs} * interval '1 millisecond', lease_token = null, lease_until = null
    where id = ${id} and lease_token = ${leaseToken}`;
};

/** Whether a webhook tells of a repository by now. */
export const isHooked = async (tx: Db, projectId: ProjectId, repository: string): Promise<boolean> => {
  const rows = await tx`
    select id from deployments.hooks where project_id = ${projectId} and repository = ${repository}`;
  return rows.length > 0;
};
