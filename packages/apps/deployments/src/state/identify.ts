import type { ScopeName } from "../change.ts";
import { type Applying, meant, type StoredChange } from "./applying.ts";
import { getEnvironment, getGroup, getSecretGroup, getService, getVolume } from "./project-state.ts";

/**
 * The change with the ids of what it names, so that it means the same after a renaming. What earlier changes of the draft
 * make keeps its temporary id.
 *
 * @throws {DomainError} not_found
 */
export const identify = (applying: Applying, change: StoredChange): StoredChange => {
  const { state } = applying;
  const environment = (name: string) => getEnvironment(state, meant(applying, name)).id;
  const service = (name: string) => getService(state, meant(applying, name)).id;
  const group = (name: string) => getGroup(state, meant(applying, name)).id;
  const scope = (name: ScopeName): ScopeName => {
    switch (name.kind) {
      case "project":
        return name;
      case "environment":
        return { ...name, environment: environment(name.environment) };
      case "group":
        return { ...name, group: group(name.group) };
      case "service":
        return { ...name, service: service(name.service) };
      case "workload":
        return { ...name, service: service(name.service), environment: environment(name.environment) };
    }
  };
  switch (change.op) {
    case "project.update":
    case "group.create":
      return change;
    case "environment.create":
      return change.copyFrom === undefined ? change : { ...change, copyFrom: environment(change.copyFrom) };
    case "environment.update":
    case "environment.remove":
      return { ...change, environment: environment(change.environment) };
    case "group.update":
    case "group.remove":
      return { ...change, group: group(change.group) };
    case "service.create":
      return { ...change, group: change.group === null ? null : group(change.group) };
    case "service.update":
      return {
        ...change,
        service: service(change.service),
        ...(typeof change.group === "string" ? { group: group(change.group) } : {}),
      };
    case "service.remove":
      return { ...change, service: service(change.service) };
    case "workload.update":
      return { ...change, service: service(change.service), environment: environment(change.environment) };
    case "variable.set":
    case "variable.generate":
    case "variable.unset":
      return { ...change, scope: scope(change.scope) };
    case "secrets.attach":
    case "secrets.detach":
      return {
        ...change,
        service: service(change.service),
        environment: environment(change.environment),
        secretGroup: getSecretGroup(state, change.secretGroup).id,
      };
    case "volume.create":
      return { ...change, service: service(change.service) };
    case "volume.update":
    case "volume.remove": {
      const { id, serviceId } = getVolume(state, meant(applying, change.service), meant(applying, change.volume));
      return { ...change, service: serviceId, volume: id };
    }
  }
};

/** The temporary ids that a change uses; the one that it makes is none of them. */
export const temporaryIdsOf = (change: StoredChange): string[] => {
  const { tempId: _made, ...used } = { tempId: undefined, ...change } as Record<string, unknown>;
  const names = [used.environment, used.group, used.service, used.volume, used.copyFrom];
  const scope = typeof used.scope === "object" && used.scope !== null ? Object.values(used.scope) : [];
  return [...names, ...scope].filter((name): name is string => typeof name === "string" && name.startsWith("tmp_"));
};

/** The change with ids in place of temporary ones. */
export const withIds = (change: StoredChange, ids: ReadonlyMap<string, string>): StoredChange => {
  const put = (value: unknown): unknown => (typeof value === "string" ? (ids.get(value) ?? value) : value);
  const fields = Object.entries(change).map(([field, value]) => {
    if (field === "scope") {
      return [field, Object.fromEntries(Object.entries(value as object).map(([key, each]) => [key, put(each)]))];
    }
    return [field, ["environment", "group", "service", "volume", "copyFrom"].includes(field) ? put(value) : value];
  });
  return Object.fromEntries(fields) as StoredChange;
};
