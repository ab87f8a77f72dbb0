import { DomainError } from "@homeport/kit/errors.ts";
import type { EnvironmentId, WorkloadId } from "@homeport/kit/ids.ts";
import { MAX_ENVIRONMENTS, PRODUCTION } from "../environment.ts";
import { type Applying, meant, type StoredOp } from "./applying.ts";
import {
  attachmentKey,
  type EnvironmentState,
  findWorkload,
  getEnvironment,
  type ProjectState,
  variableKey,
} from "./project-state.ts";
import { dropWorkload } from "./workload-ops.ts";

export const createEnvironment = (applying: Applying, change: StoredOp<"environment.create">): void => {
  const { state, temps, makeId } = applying;
  refuseTaken(state, change.slug);
  if (state.environments.size >= MAX_ENVIRONMENTS) {
    throw new DomainError("invalid", `A project has at most ${MAX_ENVIRONMENTS} environments.`);
  }
  const source = change.copyFrom === undefined ? null : getEnvironment(state, meant(applying, change.copyFrom));
  const id = makeId(change.tempId) as EnvironmentId;
  temps.set(change.tempId, id);
  const position = Math.max(-1, ...[...state.environments.values()].map((each) => each.position)) + 1;
  const { slug, branchPattern } = change;
  state.environments.set(id, { id, slug, branchPattern, position, isProtected: false, version: 1 });
  for (const service of state.services.values()) {
    const from = source === null ? undefined : findWorkload(state, service.id, source.id);
    const workloadId = makeId(null) as WorkloadId;
    const overrides = from?.overrides ?? {};
    state.workloads.set(workloadId, {
      id: workloadId,
      serviceId: service.id,
      environmentId: id,
      overrides,
      version: 1,
    });
    if (from !== undefined) copyWorkload(state, from.id, workloadId);
  }
  if (source !== null) copyVariables(state, source.id, { kind: "environment", id });
};

/** What one environment has takes nothing away from the other: values and attachments are copied. */
const copyWorkload = (state: ProjectState, from: WorkloadId, to: WorkloadId): void => {
  copyVariables(state, from, { kind: "workload", id: to });
  for (const attachment of [...state.attachments.values()].filter(({ workloadId }) => workloadId === from)) {
    const copy = { ...attachment, workloadId: to, version: 1 };
    state.attachments.set(attachmentKey(to, attachment.secretGroupId), copy);
  }
};

const copyVariables = (
  state: ProjectState,
  from: string,
  scope: { kind: "environment"; id: EnvironmentId } | { kind: "workload"; id: WorkloadId },
): void => {
  for (const variable of [...state.variables.values()].filter((each) => each.scope.id === from)) {
    const copy = { ...variable, scope, version: 1, updatedAt: null, isEdited: true };
    state.variables.set(variableKey(scope.id, variable.name), copy);
  }
};

export const updateEnvironment = (applying: Applying, change: StoredOp<"environment.update">): void => {
  const { state } = applying;
  const environment = getEnvironment(state, meant(applying, change.environment));
  const { slug, branchPattern, position } = change;
  if (slug !== undefined && slug !== environment.slug) {
    if (environment.slug === PRODUCTION) throw new DomainError("conflict", "Production keeps its name.");
    refuseTaken(state, slug);
  }
  state.environments.set(environment.id, {
    ...environment,
    slug: slug ?? environment.slug,
    branchPattern: branchPattern === undefined ? environment.branchPattern : branchPattern,
  });
  if (position !== undefined) move(state, environment.id, position);
};

/** Production stays the first: it is what is meant where no environment is named. */
const move = (state: ProjectState, id: EnvironmentId, position: number): void => {
  const inOrder = [...state.environments.values()].sort((a, b) => a.position - b.position);
  const [first] = inOrder;
  const isFirst = first?.id === id;
  if (isFirst !== (position === 0)) throw new DomainError("conflict", "Production is the first environment.");
  const others = inOrder.filter((each) => each.id !== id);
  const moved = state.environments.get(id) as EnvironmentState;
  const wanted = [...others.slice(0, position), moved, ...others.slice(position)];
  for (const [index, each] of wanted.entries()) {
    if (each.position !== index) state.environments.set(each.id, { ...each, position: index });
  }
};

export const removeEnvironment = (applying: Applying, change: StoredOp<"environment.remove">): void => {
  const { state } = applying;
  const { id, slug } = getEnvironment(state, meant(applying, change.environment));
  if (slug === PRODUCTION)
    throw new DomainError("conflict", "Production cannot be removed; remove the project instead.");
  for (const workload of [...state.workloads.values()]) {
    if (workload.environmentId === id) dropWorkload(state, workload.id);
  }
  for (const [key, variable] of state.variables) if (variable.scope.id === id) state.variables.delete(key);
  state.environments.delete(id);
};

const refuseTaken = (state: ProjectState, slug: string): void => {
  if ([...state.environments.values()].some((each) => each.slug === slug)) {
    throw new DomainError("conflict", `There is already an environment named "${slug}" in this project.`);
  }
};
