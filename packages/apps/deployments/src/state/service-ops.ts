import { DomainError } from "@homeport/kit/errors.ts";
import type { ServiceId, WorkloadId } from "@homeport/kit/ids.ts";
import type { GroupId } from "../scope.ts";
import { patchSettings } from "../settings.ts";
import { type Applying, meant, type StoredOp } from "./applying.ts";
import { forgetOwner } from "./owner-names.ts";
import { getGroup, getService, type ProjectState } from "./project-state.ts";
import { refuseMisfit } from "./volume-ops.ts";
import { dropWorkload } from "./workload-ops.ts";

/** A canvas has room for these. */
export const MAX_SERVICES = 400;
export const MAX_GROUPS = 100;

/** With a workload in every environment. */
export const createService = (applying: Applying, change: StoredOp<"service.create">): void => {
  const { state, temps, makeId } = applying;
  refuseTakenService(state, change.slug);
  if (state.services.size >= MAX_SERVICES) {
    throw new DomainError("invalid", `A project has at most ${MAX_SERVICES} services.`);
  }
  const groupId = groupOf(applying, change.group);
  const id = makeId(change.tempId) as ServiceId;
  temps.set(change.tempId, id);
  const { slug, source, settings, template = null } = change; // what was staged before there were templates has none
  state.services.set(id, { id, slug, source, settings, groupId, template, version: 1 });
  for (const environment of state.environments.values()) {
    const workloadId = makeId(null) as WorkloadId;
    const workload = { id: workloadId, serviceId: id, environmentId: environment.id, overrides: {}, version: 1 };
    state.workloads.set(workloadId, workload);
  }
};

export const updateService = (applying: Applying, change: StoredOp<"service.update">): void => {
  const { state } = applying;
  const service = getService(state, meant(applying, change.service));
  const { slug, source, settings, group } = change;
  if (slug !== undefined && slug !== service.slug) refuseTakenService(state, slug);
  state.services.set(service.id, {
    ...service,
    slug: slug ?? service.slug,
    source: source ?? service.source,
    settings: settings === undefined ? service.settings : patchSettings(service.settings, settings),
    groupId: group === undefined ? service.groupId : groupOf(applying, group),
  });
  refuseMisfit(state, service.id);
};

/** References to it stay, under the name it had. */
export const removeService = (applying: Applying, change: StoredOp<"service.remove">): void => {
  const { state } = applying;
  const { id, slug } = getService(state, meant(applying, change.service));
  for (const workload of [...state.workloads.values()]) if (workload.serviceId === id) dropWorkload(state, workload.id);
  for (const [key, variable] of state.variables) if (variable.scope.id === id) state.variables.delete(key);
  for (const volume of [...state.volumes.values()]) if (volume.serviceId === id) state.volumes.delete(volume.id);
  state.services.delete(id);
  forgetOwner(state, "service", id, slug);
};

const groupOf = (applying: Applying, group: string | null): GroupId | null =>
  group === null ? null : getGroup(applying.state, meant(applying, group)).id;

const refuseTakenService = (state: ProjectState, slug: string): void => {
  if ([...state.services.values()].some((each) => each.slug === slug)) {
    throw new DomainError("conflict", `There is already a service named "${slug}" in this project.`);
  }
};

export const createGroup = ({ state, temps, makeId }: Applying, change: StoredOp<"group.create">): void => {
  refuseTakenGroup(state, change.slug);
  if (state.groups.size >= MAX_GROUPS) throw new DomainError("invalid", `A project has at most ${MAX_GROUPS} groups.`);
  const id = makeId(change.tempId) as GroupId;
  temps.set(change.tempId, id);
  state.groups.set(id, { id, slug: change.slug, version: 1 });
};

export const updateGroup = (applying: Applying, change: StoredOp<"group.update">): void => {
  const { state } = applying;
  const group = getGroup(state, meant(applying, change.group));
  if (change.slug !== group.slug) refuseTakenGroup(state, change.slug);
  state.groups.set(group.id, { ...group, slug: change.slug });
};

/** Its services stay, without it. */
export const removeGroup = (applying: Applying, change: StoredOp<"group.remove">): void => {
  const { state } = applying;
  const { id } = getGroup(state, meant(applying, change.group));
  for (const service of [...state.services.values()]) {
    if (service.groupId === id) state.services.set(service.id, { ...service, groupId: null });
  }
  for (const [key, variable] of state.variables) if (variable.scope.id === id) state.variables.delete(key);
  state.groups.delete(id);
};

const refuseTakenGroup = (state: ProjectState, slug: string): void => {
  if ([...state.groups.values()].some((each) => each.slug === slug)) {
    throw new DomainError("conflict", `There is already a group named "${slug}" in this project.`);
  }
};
