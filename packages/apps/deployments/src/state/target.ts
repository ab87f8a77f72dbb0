import { DomainError } from "@homeport/kit/errors.ts";
import { type Applying, isTemporary, type StoredChange } from "./applying.ts";
import { diffFields } from "./fields.ts";
import {
  attachmentKey,
  getEnvironment,
  getGroup,
  getSecretGroup,
  getService,
  getVolume,
  getWorkload,
  nameOfScope,
  nameOfVolume,
  nameOfWorkload,
  type ProjectState,
  variableKey,
} from "./project-state.ts";
import { scopeOf } from "./variable-ops.ts";

export type TargetKind =
  | "project"
  | "environment"
  | "group"
  | "service"
  | "workload"
  | "variable"
  | "attachment"
  | "volume";

/** What a change is about. Two changes with one target get in each other's way. */
export type Target = { kind: TargetKind; id: string; name: string };

/** Null for what is not there yet, or not any more. */
export type TargetState = { target: Target; version: number | null; current: Record<string, unknown> | null };

/** What a change is about in this state; null when it makes something, or changes what is only planned. */
export const targetOf = (state: ProjectState, change: StoredChange): TargetState | null => {
  const applying: Applying = { state, temps: new Map(), makeId: () => "" };
  try {
    return find(applying, change);
  } catch (err) {
    if (err instanceof DomainError && err.code === "not_found") return gone(change);
    throw err;
  }
};

const find = (applying: Applying, change: StoredChange): TargetState | null => {
  const { state } = applying;
  switch (change.op) {
    case "environment.create":
    case "group.create":
    case "service.create":
    case "volume.create":
      return null;
    case "project.update": {
      const { id, slug, version } = state.project;
      return { target: { kind: "project", id, name: slug }, version, current: { slug } };
    }
    case "environment.update":
    case "environment.remove": {
      const found = getEnvironment(state, change.environment);
      const target = { kind: "environment", id: found.id, name: found.slug } as const;
      return { target, version: found.version, current: diffFields.environment(found) };
    }
    case "group.update":
    case "group.remove": {
      const found = getGroup(state, change.group);
      return {
        target: { kind: "group", id: found.id, name: found.slug },
        version: found.version,
        current: { slug: found.slug },
      };
    }
    case "service.update":
    case "service.remove": {
      const found = getService(state, change.service);
      const target = { kind: "service", id: found.id, name: found.slug } as const;
      return { target, version: found.version, current: diffFields.service(found, state) };
    }
    case "workload.update": {
      const found = getWorkload(state, change.service, change.environment);
      const target = { kind: "workload", id: found.id, name: nameOfWorkload(state, found.id) } as const;
      return { target, version: found.version, current: { ...found.overrides } };
    }
    case "variable.set":
    case "variable.generate":
    case "variable.unset": {
      const scope = scopeOf(applying, change.scope);
      const key = variableKey(scope.id, change.name);
      const target = { kind: "variable", id: key, name: `${change.name} of ${nameOfScope(state, scope)}` } as const;
      const found = state.variables.get(key);
      return { target, version: found?.version ?? null, current: found === undefined ? null : { value: "set" } };
    }
    case "secrets.attach":
    case "secrets.detach": {
      const workload = getWorkload(state, change.service, change.environment);
      const group = getSecretGroup(state, change.secretGroup);
      const key = attachmentKey(workload.id, group.id);
      const name = `${group.slug} at ${nameOfWorkload(state, workload.id)}`;
      const found = state.attachments.get(key);
      return {
        target: { kind: "attachment", id: key, name },
        version: found?.version ?? null,
        current: found === undefined ? null : { use: found.use },
      };
    }
    case "volume.update":
    case "volume.remove": {
      const found = getVolume(state, change.service, change.volume);
      const target = { kind: "volume", id: found.id, name: nameOfVolume(state, found) } as const;
      return { target, version: found.version, current: diffFields.volume(found) };
    }
  }
};

/** What was there when the change was staged, and is not now. */
const gone = (change: StoredChange): TargetState | null => {
  const named: [TargetKind, unknown][] = [
    ["volume", "volume" in change ? change.volume : null],
    ["service", "service" in change ? change.service : null],
    ["environment", "environment" in change ? change.environment : null],
    ["group", change.op === "group.update" || change.op === "group.remove" ? change.group : null],
  ];
  if ("scope" in change) {
    for (const [kind, id] of Object.entries(change.scope)) if (kind !== "kind") named.push([kind as TargetKind, id]);
  }
  const [first] = named.filter(([, id]) => typeof id === "string");
  if (first === undefined || isTemporary(String(first[1]))) return null;
  return { target: { kind: first[0], id: String(first[1]), name: String(first[1]) }, version: null, current: null };
};
