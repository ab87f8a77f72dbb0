import type { WorkloadId } from "@homeport/kit/ids.ts";
import { parseReferences, type Reference, showReferences, writeReference } from "../reference.ts";
import { SCOPE_ORDER } from "../scope.ts";
import type { SecretGroupId } from "../secret-group.ts";
import { variableOf } from "../secret-use.ts";
import { MAX_VALUE_BYTES } from "../variable.ts";
import { namesById } from "./owner-names.ts";
import {
  findWorkload,
  getEnvironment,
  getService,
  type ProjectState,
  type VariableState,
  type WorkloadState,
} from "./project-state.ts";

export type SecretItems = ReadonlyMap<SecretGroupId, { version: number; items: ReadonlyMap<string, string> }>;

/** What a service gets that nobody set, by name. */
export type BuiltIns = (workload: WorkloadState) => Readonly<Record<string, string>>;

export type Trouble = {
  reference: string;
  problem: "missing" | "cycle" | "too_large";
  /** From the variable on: `web.API`, `api.URL`. */
  path: string[];
};

/** A value with what it refers to put in; where there is trouble, the reference stands as it was written. */
export type Resolved = { text: string; troubles: readonly Trouble[]; secretGroups: ReadonlySet<SecretGroupId> };

/** Of one variable; more of it would say nothing new. */
const MAX_TROUBLES = 20;
/** A chain of references; longer than people follow, and shorter than the stack. */
const MAX_DEPTH = 100;

/**
 * Resolves the values of one project: each once, however often it is referred to. A value is read with the eyes of a
 * workload: a reference to another service means that service in the same environment, and what it would read there.
 */
export const createResolver = (state: ProjectState, secrets: SecretItems, builtIns: BuiltIns) => {
  const known = new Map<string, Resolved>();
  const names = namesById(state);
  const byScope = Map.groupBy(state.variables.values(), ({ scope }) => scope.id as string);
  const effective = new Map<WorkloadId, Map<string, VariableState>>();
  const fromSecrets = new Map<WorkloadId, Map<string, { text: string; group: SecretGroupId }>>();

  /** The variables of a workload by name: the narrowest scope wins. */
  const ownOf = (workload: WorkloadState): Map<string, VariableState> => {
    const before = effective.get(workload.id);
    if (before !== undefined) return before;
    const own = new Map<string, VariableState>();
    for (const scopeId of scopeIdsOf(state, workload)) {
      for (const variable of byScope.get(scopeId) ?? []) own.set(variable.name, variable);
    }
    effective.set(workload.id, own);
    return own;
  };

  /** The variables that attached secret groups make; of two of one name there is none, it was refused. */
  const secretsOf = (workload: WorkloadState): Map<string, { text: string; group: SecretGroupId }> => {
    const before = fromSecrets.get(workload.id);
    if (before !== undefined) return before;
    const found = new Map<string, { text: string; group: SecretGroupId }>();
    for (const { workloadId, secretGroupId: group, use } of state.attachments.values()) {
      if (workloadId !== workload.id || use.as !== "variables") continue;
      for (const [item, text] of secrets.get(group)?.items ?? []) {
        const name = variableOf(use.prefix, item);
        if (name !== null) found.set(name, { text, group });
      }
    }
    fromSecrets.set(workload.id, found);
    return found;
  };

  /** What a workload reads under a name; null when there is nothing. */
  const read = (workload: WorkloadState, name: string, stack: readonly Frame[]): Resolved | null => {
    const builtIn = builtIns(workload);
    if (name === "PORT") return plain(builtIn.PORT ?? "");
    const own = ownOf(workload).get(name);
    if (own !== undefined) return resolve(workload, own, stack);
    const secret = secretsOf(workload).get(name);
    if (secret !== undefined) return { text: secret.text, troubles: [], secretGroups: new Set([secret.group]) };
    return Object.hasOwn(builtIn, name) ? plain(builtIn[name] ?? "") : null;
  };

  /** One variable, with the eyes of a workload. */
  const resolve = (workload: WorkloadState, variable: VariableState, stack: readonly Frame[] = []): Resolved => {
    const key = `${workload.id} ${variable.scope.id} ${variable.name}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const frame = { key, name: `${getService(state, workload.serviceId).slug}.${variable.name}` };
    const stacked = [...stack, frame];
    const troubles: Trouble[] = [];
    const secretGroups = new Set<SecretGroupId>();
    let text = "";
    for (const segment of parseReferences(variable.value.reveal())) {
      if (segment.kind === "text") {
        text += segment.text;
        continue;
      }
      const found = follow(workload, segment.reference, stacked);
      const shown = showReferences(segment.raw, names);
      if ("problem" in found) {
        troubles.push({ reference: shown, problem: found.problem, path: [frame.name, ...found.path] });
        text += shown;
        continue;
      }
      for (const group of found.secretGroups) secretGroups.add(group);
      for (const each of found.troubles) troubles.push({ ...each, path: [frame.name, ...each.path] });
      // Checked while it grows: values that refer to each other twice, again and again, would fill the memory first.
      if (text.length + found.text.length <= MAX_VALUE_BYTES) text += found.text;
      else troubles.push({ reference: shown, problem: "too_large", path: [frame.name] });
    }
    if (Buffer.byteLength(text) > MAX_VALUE_BYTES && !troubles.some(({ problem }) => problem === "too_large")) {
      troubles.push({ reference: "", problem: "too_large", path: [frame.name] });
    }
    const resolved = { text, troubles: troubles.slice(0, MAX_TROUBLES), secretGroups };
    known.set(key, resolved);
    return resolved;
  };

  type Failure = { problem: "missing" | "cycle"; path: string[] };

  const follow = (workload: WorkloadState, reference: Reference, stack: readonly Frame[]): Resolved | Failure => {
    const missing: Failure = { problem: "missing", path: [pathOf(reference)] };
    const through = (reader: WorkloadState, variable: VariableState | undefined, name: string): Resolved | Failure => {
      if (variable !== undefined) {
        const key = `${reader.id} ${variable.scope.id} ${variable.name}`;
        const at = stack.findIndex((frame) => frame.key === key);
        if (at !== -1) {
          return { problem: "cycle", path: [stack[at]?.name ?? ""] };
        }
        if (stack.length >= MAX_DEPTH) return { problem: "cycle", path: [] };
        return resolve(reader, variable, stack);
      }
      return read(reader, name, stack) ?? missing;
    };
    switch (reference.kind) {
      case "own":
        return through(
          workload,
          reference.variable === "PORT" ? undefined : ownOf(workload).get(reference.variable),
          reference.variable,
        );
      case "project":
      case "environment": {
        const scopeId = reference.kind === "project" ? state.project.id : workload.environmentId;
        const variable = byScope.get(scopeId)?.find(({ name }) => name === reference.variable);
        return variable === undefined ? missing : through(workload, variable, reference.variable);
      }
      case "service": {
        const { owner, variable: name } = reference;
        const service = owner.id === null ? bySlug(state.services, owner.name) : state.services.get(owner.id as never);
        const other = service === undefined ? undefined : findWorkload(state, service.id, workload.environmentId);
        if (other === undefined) return missing;
        return through(other, name === "PORT" ? undefined : ownOf(other).get(name), name);
      }
      case "secret": {
        const { owner, variable: item } = reference;
        const group =
          owner.id === null ? bySlug(state.secretGroups, owner.name) : state.secretGroups.get(owner.id as never);
        const text = group === undefined ? undefined : secrets.get(group.id)?.items.get(item);
        if (group === undefined || text === undefined) return missing;
        return { text, troubles: [], secretGroups: new Set([group.id]) };
      }
    }
  };

  const pathOf = (reference: Reference): string => showReferences(writeReference(reference), names).slice(3, -2).trim();

  return {
    ownOf,
    secretsOf,
    resolve: (workload: WorkloadState, variable: VariableState) => resolve(workload, variable),
  };
};

type Frame = { key: string; name: string };

const plain = (text: string): Resolved => ({ text, troubles: [], secretGroups: new Set() });

const bySlug = <T extends { slug: string }>(things: ReadonlyMap<string, T>, slug: string): T | undefined =>
  [...things.values()].find((each) => each.slug === slug);

/** The scopes that a workload is in, the widest first. */
export const scopeIdsOf = (state: ProjectState, { id, serviceId, environmentId }: WorkloadState): string[] => {
  const ids: Record<(typeof SCOPE_ORDER)[number], string | null> = {
    project: state.project.id,
    environment: getEnvironment(state, environmentId).id,
    group: getService(state, serviceId).groupId,
    service: serviceId,
    workload: id,
  };
  return SCOPE_ORDER.flatMap((kind) => ids[kind] ?? []);
};
