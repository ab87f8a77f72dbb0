import { audit } from "@homeport/kit/audit/audit.ts";
import { changes } from "@homeport/kit/audit/changes.ts";
import type { Tx } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import type { Actor } from "../actor.ts";
import type { VariableScope } from "../scope.ts";
import { diffStates } from "../state/diff.ts";
import { diffFields } from "../state/fields.ts";
import { getService, nameOfScope, nameOfVolume, type ProjectState, type ServiceState } from "../state/project-state.ts";
import { isSameValue } from "../state/stamp.ts";
import { findSecretGroup } from "../store/secret-groups.ts";
import { emitService } from "./events.ts";
import { emitSecrets } from "./secret-events.ts";

type Fields = Record<string, unknown> | null;

/**
 * Tells the audit log and the event log what differs between two states, thing by thing and in the same words whichever
 * way it was changed. Of variables and secrets the names.
 */
export const tellChanges = async (tx: Tx, before: ProjectState, after: ProjectState, actor: Actor): Promise<void> => {
  const telling = { tx, before, after, actor };
  await tellProject(telling);
  await tellEnvironments(telling);
  await tellGroups(telling);
  await tellServices(telling);
  await tellVariables(telling);
  await tellAttachments(telling);
  await tellVolumes(telling);
};

type Telling = { tx: Tx; before: ProjectState; after: ProjectState; actor: Actor };

const entry = ({ after }: Telling, action: string, kind: string, id: string, name: string) => ({
  app: "deployments",
  action,
  organisationId: after.organisationId,
  projectId: after.project.id,
  subject: { kind, id, name },
});

const event = ({ after, actor }: Telling, type: string, subject: string, data: Record<string, unknown>) => ({
  type: `deployments.${type}`,
  source: "deployments",
  organisationId: after.organisationId,
  projectId: after.project.id,
  subject,
  data,
  actor,
});

const wordFor = (was: unknown, is: unknown): "created" | "updated" | "removed" =>
  was === null ? "created" : is === null ? "removed" : "updated";

/** Others keep copies of a project's name and its environments. */
const tellProject = async (telling: Telling): Promise<void> => {
  const { tx, before, after } = telling;
  const { id, slug } = after.project;
  const slugsOf = ({ environments }: ProjectState) =>
    [...environments.values()]
      .sort((a, b) => a.position - b.position)
      .map(({ id: of, slug: name }) => ({ id: of, slug: name }));
  const environments = slugsOf(after);
  if (slug !== before.project.slug) {
    const entryOf = entry(telling, "project:update", "project", id, slug);
    await audit(tx, { ...entryOf, before: { slug: before.project.slug }, after: { slug } });
  }
  const isSame = JSON.stringify(environments) === JSON.stringify(slugsOf(before));
  if (slug === before.project.slug && isSame) return;
  await emit(tx, event(telling, "project.changed", id, { projectId: id, slug, environments }));
};

const tellEnvironments = async (telling: Telling): Promise<void> => {
  const { tx, before, after } = telling;
  for (const { before: was, after: is } of diffStates(before, after).environments) {
    const told = changes(was && diffFields.environment(was), is && diffFields.environment(is));
    const { id, slug } = is ?? (was as NonNullable<typeof was>);
    if (was !== null && is !== null && Object.keys(told.after ?? {}).length === 0) continue;
    await emit(tx, event(telling, `environment.${wordFor(was, is)}`, id, { slug }));
    await audit(tx, { ...entry(telling, "environment:write", "environment", id, slug), ...told });
  }
};

const tellGroups = async (telling: Telling): Promise<void> => {
  const { tx, before, after } = telling;
  for (const { before: was, after: is } of diffStates(before, after).groups) {
    const { id, slug } = is ?? (was as NonNullable<typeof was>);
    if (was?.slug === is?.slug) continue;
    await emit(tx, event(telling, `group.${wordFor(was, is)}`, id, { slug }));
    const told = changes(was && { slug: was.slug }, is && { slug: is.slug });
    await audit(tx, { ...entry(telling, "group:write", "group", id, slug), ...told });
  }
};

const tellServices = async (telling: Telling): Promise<void> => {
  const { tx, before, after, actor } = telling;
  const diff = diffStates(before, after);
  const named = ({ id, slug }: ServiceState) => ({
    id,
    slug,
    organisationId: after.organisationId,
    projectId: after.project.id,
  });
  for (const { before: was, after: is } of diff.services) {
    const service = is ?? (was as ServiceState);
    const told = changes(was && diffFields.service(was, before), is && diffFields.service(is, after));
    if (was !== null && is !== null && Object.keys({ ...told.before, ...told.after }).length === 0) continue;
    const verb = { created: "create", updated: "update", removed: "remove" }[wordFor(was, is)];
    await emitService(tx, wordFor(was, is), named(service), actor);
    await audit(tx, { ...entry(telling, `service:${verb}`, "service", service.id, service.slug), ...told });
  }
  for (const { before: was, after: is } of diff.workloads) {
    if (was === null || is === null) continue;
    const told: { before: Fields; after: Fields } = changes({ ...was.overrides }, { ...is.overrides });
    if (Object.keys({ ...told.before, ...told.after }).length === 0) continue;
    const service = getService(after, is.serviceId);
    const environment = after.environments.get(is.environmentId)?.slug ?? "";
    await emitService(tx, "updated", named(service), actor);
    const entryOf = entry(telling, "service:update", "service", service.id, service.slug);
    await audit(tx, { ...entryOf, reason: `in ${environment}`, ...told });
  }
};

/** One entry and one event for each scope: what was set, and what was unset. */
const tellVariables = async (telling: Telling): Promise<void> => {
  const { tx, before, after } = telling;
  const byScope = new Map<string, { scope: VariableScope; set: string[]; unset: string[] }>();
  for (const { before: was, after: is } of diffStates(before, after).variables) {
    const { scope, name } = is ?? (was as NonNullable<typeof was>);
    if (is !== null && (!is.isEdited || (was !== null && isSameValue(was, is)))) continue;
    if (is === null && !isThere(after, scope)) continue; // gone with its place, which is told of
    const told = byScope.get(scope.id) ?? { scope, set: [], unset: [] };
    byScope.set(scope.id, told);
    (is === null ? told.unset : told.set).push(name);
  }
  for (const { scope, set, unset } of byScope.values()) {
    const data = {
      ...(set.length === 0 ? {} : { set: set.sort() }),
      ...(unset.length === 0 ? {} : { unset: unset.sort() }),
    };
    const subject = subjectOf(after, scope);
    const where = placeOf(after, scope);
    await emit(tx, event(telling, "variables.changed", subject.id, { ...data, ...where }));
    const entryOf = entry(telling, "variable:write", subject.kind, subject.id, subject.name);
    const reason = where.environment === undefined ? {} : { reason: `in ${where.environment}` };
    await audit(tx, { ...entryOf, after: data, ...reason });
  }
};

const isThere = (state: ProjectState, { kind, id }: VariableScope): boolean => {
  const places: Record<VariableScope["kind"], ReadonlyMap<string, unknown>> = {
    project: new Map([[state.project.id, true]]),
    environment: state.environments,
    group: state.groups,
    service: state.services,
    workload: state.workloads,
  };
  return places[kind].has(id);
};

const subjectOf = (state: ProjectState, scope: VariableScope): { kind: string; id: string; name: string } => {
  if (scope.kind === "workload") {
    const service = getService(state, state.workloads.get(scope.id)?.serviceId ?? "");
    return { kind: "service", id: service.id, name: service.slug };
  }
  const name = scope.kind === "project" ? state.project.slug : nameOfScope(state, scope);
  return { kind: scope.kind, id: scope.id, name };
};

/** Production is what is meant where no environment is named. */
const placeOf = (state: ProjectState, scope: VariableScope): { environment?: string } => {
  if (scope.kind !== "workload") return {};
  const environment = state.environments.get(state.workloads.get(scope.id)?.environmentId as never);
  return environment === undefined || environment.slug === "production" ? {} : { environment: environment.slug };
};

const tellAttachments = async (telling: Telling): Promise<void> => {
  const { tx, before, after, actor } = telling;
  const project = { id: after.project.id, organisationId: after.organisationId };
  for (const { before: was, after: is } of diffStates(before, after).attachments) {
    const { workloadId, secretGroupId } = is ?? (was as NonNullable<typeof was>);
    const service = after.services.get(after.workloads.get(workloadId as WorkloadId)?.serviceId as never);
    const group = await findSecretGroup(tx, project, secretGroupId); // rare, and one or two at a time
    if (service === undefined || group === null) continue;
    const named = { serviceId: service.id, serviceSlug: service.slug };
    await emitSecrets(tx, is === null ? "detached" : "attached", group, named, actor);
    const told = is === null ? { before: was?.use ?? null, after: null } : changes(was?.use ?? null, is.use);
    const entryOf = entry(telling, "secret:write", "service", service.id, service.slug);
    await audit(tx, { ...entryOf, reason: `secret group ${group.slug}`, ...told });
  }
};

/** Also of those that went with their service: what they held is kept, and can be asked for. */
const tellVolumes = async (telling: Telling): Promise<void> => {
  const { tx, before, after } = telling;
  for (const { before: was, after: is } of diffStates(before, after).volumes) {
    const volume = is ?? (was as NonNullable<typeof was>);
    const told = changes(was && diffFields.volume(was), is && diffFields.volume(is));
    if (was !== null && is !== null && Object.keys({ ...told.before, ...told.after }).length === 0) continue;
    const service = getService(is === null ? before : after, volume.serviceId);
    const { id, slug } = volume;
    const data = { slug, serviceId: service.id, serviceSlug: service.slug };
    await emit(tx, event(telling, `volume.${wordFor(was, is)}`, id, data));
    await audit(tx, {
      ...entry(telling, "service:update", "volume", id, nameOfVolume(is === null ? before : after, volume)),
      ...told,
    });
  }
};
