import { jsonb, type Sql } from "@homeport/kit/db/connect.ts";
import { defaultSettings } from "../../../apps/deployments/src/settings.ts";
import type { OrganisationSeed } from "./people.ts";

/** What a test may search answers for: nobody else's may be in one. */
export type Marker = string;

export type ProjectSeed = { id: string; slug: string; environmentId: string; organisation: OrganisationSeed };
export type ServiceSeed = { id: string; slug: string; workloadId: string; project: ProjectSeed };

const id = (): string => Bun.randomUUIDv7();
const short = (): string => Bun.randomUUIDv7().slice(-10);

/** Rows of every app as that app would have written them, so that a fixture costs no requests and wakes no loops. */
export const createSeed = (sql: Sql) => {
  const seed = {
    async project(organisation: OrganisationSeed, marker: Marker): Promise<ProjectSeed> {
      const project = { id: id(), slug: `${marker}-${short()}`, environmentId: id(), organisation };
      await sql`
        insert into deployments.projects (id, organisation_id, organisation_slug, slug)
        values (${project.id}, ${organisation.id}, ${organisation.slug}, ${project.slug})`;
      await sql`
        insert into deployments.environments (id, organisation_id, project_id, slug)
        values (${project.environmentId}, ${organisation.id}, ${project.id}, 'production')`;
      await sql`
        insert into auth.projects (organisation_id, id, slug) values (${organisation.id}, ${project.id}, ${project.slug})`;
      await sql`
        insert into auth.environments (organisation_id, project_id, id, slug)
        values (${organisation.id}, ${project.id}, ${project.environmentId}, 'production')`;
      return project;
    },
    async service(project: ProjectSeed, marker: Marker): Promise<ServiceSeed> {
      const service = { id: id(), slug: `${marker}-${short()}`, workloadId: id(), project };
      const organisationId = project.organisation.id;
      await sql`
        insert into deployments.services (id, organisation_id, project_id, slug, source, settings)
        values (${service.id}, ${organisationId}, ${project.id}, ${service.slug}, ${jsonb(sql, { kind: "upload" })},
          ${jsonb(sql, defaultSettings())})`;
      await sql`
        insert into deployments.workloads (id, organisation_id, service_id, environment_id, host_label)
        values (${service.workloadId}, ${organisationId}, ${service.id}, ${project.environmentId}, ${`h-${short()}`})`;
      return service;
    },
    /** One that others can be bound to. */
    async database(project: ProjectSeed, marker: Marker): Promise<ServiceSeed> {
      const service = await seed.service(project, marker);
      await sql`update deployments.services set template = 'postgres' where id = ${service.id}`;
      return service;
    },
    async deployment({ id: serviceId, workloadId, project }: ServiceSeed): Promise<string> {
      const deploymentId = id();
      await sql`
        insert into deployments.deployments
          (id, organisation_id, project_id, service_id, workload_id, cause, state, created_by, finished_at)
        values (${deploymentId}, ${project.organisation.id}, ${project.id}, ${serviceId}, ${workloadId},
          ${jsonb(sql, { kind: "configuration" })}, 'cancelled',
          ${jsonb(sql, { kind: "person", id: id(), name: "somebody" })}, now())`;
      return deploymentId;
    },
    async hook(project: ProjectSeed, marker: Marker): Promise<string> {
      const hookId = id();
      const repository = `example.com/${marker}-${short()}`;
      await sql`
        insert into deployments.hooks
          (id, organisation_id, project_id, provider, url, repository, secret_sealed, created_by)
        values (${hookId}, ${project.organisation.id}, ${project.id}, 'github', ${`https://${repository}`}, ${repository},
          ${Buffer.alloc(1)}, ${jsonb(sql, { kind: "person", id: id(), name: marker })})`;
      return hookId;
    },
    /** The number of a release that was live once. */
    async release({ workloadId, project }: ServiceSeed): Promise<string> {
      await sql`
        insert into deployments.releases
          (id, organisation_id, workload_id, number, image, settings, env_sealed, source, state)
        values (${id()}, ${project.organisation.id}, ${workloadId}, 1, ${jsonb(sql, { reference: "web:1" })},
          ${jsonb(sql, defaultSettings())}, ${Buffer.alloc(1)}, ${jsonb(sql, { kind: "image" })}, 'superseded')`;
      return "1";
    },
    /** A volume that no node has anything of yet. */
    async volume({ id: serviceId, workloadId, project }: ServiceSeed, marker: Marker) {
      const volume = { id: id(), slug: `${marker}-${short()}`, dataId: id() };
      const organisationId = project.organisation.id;
      await sql`
        insert into deployments.volumes (id, organisation_id, project_id, service_id, slug, path)
        values (${volume.id}, ${organisationId}, ${project.id}, ${serviceId}, ${volume.slug}, '/data')`;
      await sql`
        insert into deployments.volume_data (id, organisation_id, project_id, volume_id, workload_id)
        values (${volume.dataId}, ${organisationId}, ${project.id}, ${volume.id}, ${workloadId})`;
      return volume;
    },
    /** What a volume held that was removed; no node ever had it. */
    async keptVolume(project: ProjectSeed, marker: Marker) {
      const kept = { id: id(), slug: `${marker}-${short()}` };
      const was = {
        slug: kept.slug,
        path: "/data",
        sizeMiB: null,
        service: marker,
        environment: "production",
        environmentId: project.environmentId,
        isProtected: false,
      };
      await sql`
        insert into deployments.volume_data
          (id, organisation_id, project_id, volume_id, workload_id, removed_at, delete_at, was)
        values (${kept.id}, ${project.organisation.id}, ${project.id}, ${id()}, ${id()}, now(), now() + interval '7 days',
          ${jsonb(sql, was)})`;
      return kept;
    },
    async snapshot({ project }: ServiceSeed, dataId: string): Promise<string> {
      const snapshotId = id();
      await sql`
        insert into deployments.volume_snapshots
          (id, organisation_id, data_id, state, origin, node_id, bytes, sha256, consistent, created_by)
        values (${snapshotId}, ${project.organisation.id}, ${dataId}, 'ready', 'request', ${id()}, 1, ${"a".repeat(64)},
          true, ${jsonb(sql, { kind: "person", id: id(), name: "somebody" })})`;
      return snapshotId;
    },
    /** An operation on a volume that is over. */
    async volumeOperation({ workloadId, project }: ServiceSeed, dataId: string): Promise<string> {
      const operationId = id();
      await sql`
        insert into deployments.volume_operations
          (id, organisation_id, workload_id, data_id, kind, state, is_exclusive, save_task_id, work_task_id, undo_task_id,
            created_by, deadline_at, finished_at)
        values (${operationId}, ${project.organisation.id}, ${workloadId}, ${dataId}, 'reset', 'succeeded', true, ${id()},
          ${id()}, ${id()}, ${jsonb(sql, { kind: "person", id: id(), name: "somebody" })}, now(), now())`;
      return operationId;
    },
    /** A run that is over. */
    async run({ workloadId, project }: ServiceSeed): Promise<string> {
      const runId = id();
      await sql`
        insert into deployments.runs
          (id, organisation_id, workload_id, release_id, release_number, kind, command, timeout_seconds, state,
            created_by, finished_at)
        values (${runId}, ${project.organisation.id}, ${workloadId}, ${id()}, 1, 'command',
          ${jsonb(sql, ["true"])}, 60, 'succeeded', ${jsonb(sql, { kind: "person", id: id(), name: "somebody" })}, now())`;
      return runId;
    },
    /** A group of services. */
    async group(project: ProjectSeed, marker: Marker): Promise<string> {
      const slug = `${marker}-${short()}`;
      await sql`
        insert into deployments.groups (id, organisation_id, project_id, slug)
        values (${id()}, ${project.organisation.id}, ${project.id}, ${slug})`;
      return slug;
    },
    async secretGroup(project: ProjectSeed, marker: Marker): Promise<string> {
      const slug = `${marker}-${short()}`;
      await sql`
        insert into deployments.secret_groups (id, organisation_id, project_id, slug)
        values (${id()}, ${project.organisation.id}, ${project.id}, ${slug})`;
      return slug;
    },
    async stream(project: ProjectSeed): Promise<string> {
      const streamId = `build.${id()}`;
      await sql`
        insert into logging.streams (id, organisation_id, project_id)
        values (${streamId}, ${project.organisation.id}, ${project.id})`;
      return streamId;
    },
    async workload(project: ProjectSeed, marker: Marker): Promise<string> {
      const workloadId = id();
      await sql`
        insert into clusters.workloads (id, organisation_id, project_id, project_slug, service_slug, generation,
          rollout_state, rollout_started_at, rollout_finished_at, hosts)
        values (${workloadId}, ${project.organisation.id}, ${project.id}, ${project.slug}, ${marker}, 1, 'succeeded',
          now(), now(), '{}')`;
      const spec = {
        releaseId: id(),
        number: 1,
        image: { reference: "example.com/app" },
        port: 8080,
        health: { kind: "none" },
        resources: {},
        hosts: [],
        stabilitySeconds: 0,
        graceSeconds: 0,
      };
      await sql`
        insert into clusters.releases (workload_id, organisation_id, generation, release_id, number, spec, sealed_env)
        values (${workloadId}, ${project.organisation.id}, 1, ${spec.releaseId}, 1, ${jsonb(sql, spec)}, '')`;
      return workloadId;
    },
    async job(project: ProjectSeed, marker: Marker): Promise<string> {
      const jobId = id();
      const { organisation } = project;
      const spec = {
        organisationId: organisation.id,
        organisationSlug: organisation.slug,
        projectId: project.id,
        projectSlug: project.slug,
        serviceId: id(),
        serviceSlug: marker,
        environmentId: project.environmentId,
        output: "container",
        source: { kind: "git", url: "https://example.com/app.git" },
        repository: `${organisation.slug}/${project.slug}/${marker}`,
      };
      await sql`
        insert into ci.jobs (id, organisation_id, key, kind, state, spec, timeout_seconds, log_state, reason, finished_at)
        values (${jobId}, ${organisation.id}, ${jobId}, 'build', 'failed', ${jsonb(sql, spec)}, 60, 'ended',
          ${jsonb(sql, { code: "build.failed", message: "It failed." })}, now())`;
      return jobId;
    },
    async repository(organisation: OrganisationSeed, marker: Marker): Promise<string> {
      const name = `${organisation.slug}/${marker}/${short()}`;
      await sql`insert into registry.repositories (id, organisation_id, name) values (${id()}, ${organisation.id}, ${name})`;
      return name;
    },
    async team(organisation: OrganisationSeed, marker: Marker): Promise<{ id: string; slug: string }> {
      const team = { id: id(), slug: `${marker}-${short()}` };
      await sql`
        insert into auth.teams (id, organisation_id, slug, name)
        values (${team.id}, ${organisation.id}, ${team.slug}, ${team.slug})`;
      return team;
    },
    async invite(organisation: OrganisationSeed, invitedBy: string, marker: Marker): Promise<string> {
      const inviteId = id();
      await sql`
        insert into auth.invites (id, organisation_id, email, role, token_hash, invited_by, expires_at)
        values (${inviteId}, ${organisation.id}, ${`${marker}-${short()}@example.com`}, 'viewer',
          ${Buffer.from(inviteId)}, ${invitedBy}, now() + interval '1 day')`;
      return inviteId;
    },
    async rule(marker: Marker): Promise<string> {
      const ruleId = id();
      await sql`
        insert into auth.sign_in_rules (id, effect, kind, pattern)
        values (${ruleId}, 'deny', 'domain', ${`${marker}-${short()}.example.com`})`;
      return ruleId;
    },
    async node(): Promise<string> {
      const nodeId = id();
      await sql`
        insert into clusters.nodes (id, name, engine, engine_version, version, cpus, memory_mib, last_seen_at)
        values (${nodeId}, ${`node-${short()}`}, 'process', '1', 'test', 1, 1024, now())`;
      return nodeId;
    },
  };
  return seed;
};

export type Seed = ReturnType<typeof createSeed>;
