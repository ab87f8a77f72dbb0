import type { Resource } from "@homeport/kit/authorize.ts";
import type { ServiceId, WorkloadId } from "@homeport/kit/ids.ts";
import { listReferences, type StoredReference } from "./reference.ts";
import type { SecretGroupId } from "./secret-group.ts";
import { type Applying, isTemporary, meant, type StoredChange, type Value } from "./state/applying.ts";
import { idsByName } from "./state/owner-names.ts";
import {
  type EnvironmentState,
  environmentsOf,
  getEnvironment,
  getSecretGroup,
  getService,
  type ProjectState,
} from "./state/project-state.ts";

/** A right that a change takes. `where` is what people call the place. */
export type Check = { action: string; resource: Resource; where: string };

/**
 * The rights that a change takes, before it is made: those of the direct routes, at everything it reaches. Asked when it
 * is staged, then as if nothing were protected, because somebody else may apply it, and asked of whoever applies it.
 */
export const rightsFor = (applying: Applying, change: StoredChange, value: Value): Check[] => {
  const { state } = applying;
  const at = (name: string) => environmentCheck(state, getEnvironment(state, meant(applying, name)));
  const everywhere = (name: string): Place[] => {
    const { id } = getService(state, meant(applying, name));
    return isTemporary(id)
      ? [wholeProject(state)]
      : environmentsOf(state, id as ServiceId).map((each) => environmentCheck(state, each));
  };
  switch (change.op) {
    case "project.update":
      return [must("project:update", wholeProject(state))];
    case "environment.create": {
      const own = must("environment:write", project(state));
      if (change.copyFrom === undefined) return [own];
      const source = getEnvironment(state, meant(applying, change.copyFrom));
      const there = environmentCheck(state, source);
      const groups = secretGroupsIn(state, source).map((id) => must("secret:write", secretGroup(state, id)));
      return [own, must("environment:write", there), must("variable:write", there), ...groups];
    }
    case "environment.update": {
      const own = must("environment:write", at(change.environment));
      return change.position === undefined ? [own] : [own, must("environment:write", wholeProject(state))];
    }
    case "environment.remove":
      return [must("environment:write", at(change.environment))];
    case "group.create":
      return [must("service:update", project(state))];
    case "group.update":
    case "group.remove":
      return [must("service:update", wholeProject(state))];
    case "service.create":
      return [must("service:create", project(state))];
    case "service.update":
      return everywhere(change.service).map((place) => must("service:update", place));
    case "service.remove":
      return everywhere(change.service).map((place) => must("service:remove", place));
    case "workload.update":
      return [must("service:update", at(change.environment))];
    case "variable.set":
    case "variable.generate":
    case "variable.unset": {
      const places = placesOfScope(change.scope, state, at, everywhere);
      const groups = value === null ? [] : secretGroupsIn(state, value.reveal());
      return [
        ...places.map((place) => must("variable:write", place)),
        // Who sets a variable gets what it refers to, as who attaches a group gets its items.
        ...groups.map((id) => must("secret:write", secretGroup(state, id))),
      ];
    }
    case "secrets.attach":
      return [
        must("secret:write", at(change.environment)),
        must("secret:write", secretGroup(state, getSecretGroup(state, change.secretGroup).id)),
      ];
    case "secrets.detach":
      return [must("secret:write", at(change.environment))];
    case "volume.create":
    case "volume.update":
    case "volume.remove":
      return everywhere(change.service).map((place) => must("service:update", place));
  }
};

type Place = Omit<Check, "action">;

const must = (action: string, place: Place): Check => ({ action, ...place });

const placesOfScope = (
  scope: Extract<StoredChange, { op: "variable.set" }>["scope"],
  state: ProjectState,
  at: (environment: string) => Place,
  everywhere: (service: string) => Place[],
): Place[] => {
  switch (scope.kind) {
    case "project":
    case "group":
      return [wholeProject(state)];
    case "environment":
    case "workload":
      return [at(scope.environment)];
    case "service":
      return everywhere(scope.service);
  }
};

const project = (state: ProjectState): Place => ({
  resource: { kind: "project", organisationId: state.organisationId, projectId: state.project.id },
  where: state.project.slug,
});

/** What reaches every environment is protected when one of them is. */
export const wholeProject = (state: ProjectState): Place => {
  const isProtected = [...state.environments.values()].some((each) => each.isProtected);
  return { ...project(state), resource: { ...project(state).resource, isProtected } };
};

export const environmentCheck = (state: ProjectState, { id, slug, isProtected }: EnvironmentState): Place =>
  isTemporary(id)
    ? project(state)
    : { resource: { ...project(state).resource, kind: "environment", environmentId: id, isProtected }, where: slug };

/** It belongs to no environment, and is protected when it is used in one that is. */
export const secretGroup = (state: ProjectState, id: SecretGroupId): Place => ({
  resource: { ...project(state).resource, kind: "secret-group", isProtected: isUsedInProtected(state, id) },
  where: state.secretGroups.get(id)?.slug ?? "a secret group",
});

const isUsedInProtected = (state: ProjectState, id: SecretGroupId): boolean =>
  [...state.environments.values()].some((each) => each.isProtected && secretGroupsIn(state, each).includes(id));

/** The secret groups that an environment or a value uses. */
const secretGroupsIn = (state: ProjectState, where: EnvironmentState | string): SecretGroupId[] => {
  const ids = new Set<string>();
  const add = (refers: readonly StoredReference[]): void => {
    const known = idsByName(state).secret;
    for (const { kind, id, owner } of refers) {
      const group = kind === "secret" ? (id ?? known.get(owner ?? "")) : undefined;
      if (group !== undefined && state.secretGroups.has(group as SecretGroupId)) ids.add(group);
    }
  };
  if (typeof where === "string") add(listReferences(where));
  else {
    const within = (workloadId: string) => state.workloads.get(workloadId as WorkloadId)?.environmentId === where.id;
    for (const each of state.attachments.values()) if (within(each.workloadId)) ids.add(each.secretGroupId);
    for (const { scope, refers } of state.variables.values()) {
      const isOther =
        scope.kind === "workload" ? !within(scope.id) : scope.kind === "environment" && scope.id !== where.id;
      if (!isOther && refers.length > 0) add(refers);
    }
  }
  return [...ids] as SecretGroupId[];
};
