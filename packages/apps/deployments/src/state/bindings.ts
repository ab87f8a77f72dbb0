import { DomainError } from "@homeport/kit/errors.ts";
import type { ServiceId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Change, ScopeName } from "../change.ts";
import { writeReference } from "../reference.ts";
import type { TemplateName } from "../template-name.ts";
import { TEMPLATES } from "../templates/catalogue.ts";
import { exportNames } from "../templates/template.ts";
import {
  type EnvironmentState,
  type ProjectState,
  type ServiceState,
  type VariableState,
  variableKey,
} from "./project-state.ts";

/** A variable of a service that is one of a database's, whole: `DATABASE_URL` that is `${{db.DATABASE_URL}}`. */
export type BoundVariable = { name: string; export: string; scope: "service" | "workload" };

/** What a service has of one database. Nothing is stored of it but the variables. */
export type Binding = { to: DatabaseState; variables: BoundVariable[] };

export type DatabaseState = ServiceState & { template: TemplateName };

/** What can be bound to: a database that is there, or one that the same changes make and that has no id yet. */
export type Database = Pick<ServiceState, "slug" | "template"> & { id: ServiceId | null };

/** In one environment, or in all of them. */
export type Where = EnvironmentState | null;

/** The databases that a workload is bound to, by name; of two variables of one name the narrower one holds. */
export const bindingsOf = (state: ProjectState, workloadId: WorkloadId): Binding[] => {
  const workload = state.workloads.get(workloadId);
  if (workload === undefined) throw new DomainError("not_found", "There is no such service.");
  const own = new Map<string, VariableState>();
  for (const scopeId of [workload.serviceId, workload.id]) {
    for (const variable of variablesIn(state, scopeId)) own.set(variable.name, variable);
  }
  const found = new Map<ServiceId, Binding>();
  for (const variable of [...own.values()].sort(byName)) {
    const bound = boundTo(state, variable);
    if (bound === null) continue;
    const binding = found.get(bound.to.id) ?? { to: bound.to, variables: [] };
    const scope = variable.scope.kind === "workload" ? "workload" : "service";
    binding.variables.push({ name: variable.name, export: bound.export, scope });
    found.set(bound.to.id, binding);
  }
  return [...found.values()].sort((a, b) => (a.to.slug < b.to.slug ? -1 : 1));
};

/** The services that are bound to a database, wherever, by name. */
export const consumersOf = (state: ProjectState, id: ServiceId): string[] => {
  const names = new Set<string>();
  for (const variable of state.variables.values()) {
    if (boundTo(state, variable)?.to.id !== id) continue;
    const { scope } = variable;
    const serviceId = scope.kind === "workload" ? state.workloads.get(scope.id)?.serviceId : scope.id;
    const slug = state.services.get(serviceId as ServiceId)?.slug;
    if (slug !== undefined && serviceId !== id) names.add(slug);
  }
  return [...names].sort();
};

/**
 * The changes that bind a service to a database. What it has of it already stays, so that asking twice is asking once.
 *
 * @throws {DomainError} invalid; conflict, with the names that are taken in `details.variables`
 */
export const bind = (
  state: ProjectState,
  service: ServiceState,
  database: Database,
  prefix: string,
  where: Where,
): Change[] => {
  if (service.id === database.id) throw new DomainError("invalid", `${service.slug} cannot be bound to itself.`);
  const wanted = exportsOf(database).map((variable) => ({ name: `${prefix}${variable}`, variable }));
  const [workloadId] = where === null ? [null] : workloadsOf(state, service, where);
  const target = workloadId ?? service.id;
  // Those that would hide it in one environment are in the way as much as those that it would overwrite.
  const scopeIds = where === null ? [target, ...workloadsOf(state, service, null)] : [target];
  const at = (scopeId: string, name: string) => state.variables.get(variableKey(scopeId, name));
  const isThere = (scopeId: string, { name, variable }: { name: string; variable: string }): boolean => {
    const there = at(scopeId, name);
    return there !== undefined && isWhole(there, database, variable);
  };
  const taken = wanted.filter((each) => scopeIds.some((id) => at(id, each.name) !== undefined && !isThere(id, each)));
  if (taken.length > 0) {
    const variables = taken.map(({ name }) => name);
    const message = `${service.slug} has ${variables.join(", ")} already. Bind it with a prefix, or unset these first.`;
    throw new DomainError("conflict", message, { details: { reason: "names_taken", variables } });
  }
  const scope = scopeName(service, where);
  return wanted
    .filter((each) => !isThere(target, each))
    .map(({ name, variable }) => ({ op: "variable.set", scope, name, value: referenceTo(database, variable) }));
};

/** @throws {DomainError} invalid, for a service that is none of our databases */
const exportsOf = ({ slug, template }: Database): string[] => {
  if (template !== null) return exportNames(TEMPLATES[template]);
  const hint = `Refer to its variables instead, such as \${{${slug}.INTERNAL_URL}}.`;
  throw new DomainError("invalid", `${slug} was not added from a template, so there is nothing to bind to. ${hint}`);
};

/** The changes that take all of a database away from a service. @throws {DomainError} conflict, when it has nothing of it */
export const unbind = (
  state: ProjectState,
  service: ServiceState,
  database: ServiceState,
  where: Where,
): Extract<Change, { op: "variable.unset" }>[] => {
  const scopeIds =
    where === null ? [service.id, ...workloadsOf(state, service, null)] : workloadsOf(state, service, where);
  const changes = scopeIds.flatMap((scopeId) =>
    variablesIn(state, scopeId)
      .filter((variable) => boundTo(state, variable)?.to.id === database.id)
      .sort(byName)
      .map(({ name }) => ({ op: "variable.unset", scope: scopeNameOf(state, service, scopeId), name }) as const),
  );
  if (changes.length > 0) return changes;
  const place = where === null ? "" : ` in ${where.slug} alone`;
  throw new DomainError("conflict", `${service.slug} is not bound to ${database.slug}${place}.`);
};

/** Null for a variable that is anything else than one of a database's. */
const boundTo = (state: ProjectState, variable: VariableState): { to: DatabaseState; export: string } | null => {
  if (variable.scope.kind !== "service" && variable.scope.kind !== "workload") return null;
  const [reference] = variable.refers;
  if (reference === undefined || reference.kind !== "service" || reference.id === null) return null;
  const to = state.services.get(reference.id as ServiceId);
  if (to === undefined || to.template === null || !Object.hasOwn(TEMPLATES[to.template].exports, reference.name))
    return null;
  const database = { ...to, template: to.template };
  return isWhole(variable, to, reference.name) ? { to: database, export: reference.name } : null;
};

/** A value that cannot be read is no binding: whoever sets it anew makes it one. */
const isWhole = ({ value, refers }: VariableState, to: Database, name: string): boolean => {
  if (refers.length !== 1) return false;
  try {
    return value.reveal().trim() === referenceTo(to, name);
  } catch (err) {
    if (err instanceof DomainError && err.code === "internal") return false;
    throw err;
  }
};

/** As it is stored. */
const referenceTo = ({ id, slug }: Database, variable: string): string =>
  writeReference({ kind: "service", owner: id === null ? { name: slug, id } : { name: null, id }, variable });

const variablesIn = (state: ProjectState, scopeId: string): VariableState[] =>
  [...state.variables.values()].filter(({ scope }) => scope.id === scopeId);

const workloadsOf = (state: ProjectState, { id, slug }: ServiceState, where: Where): WorkloadId[] => {
  const found = [...state.workloads.values()].filter(
    ({ serviceId, environmentId }) => serviceId === id && (where === null || environmentId === where.id),
  );
  if (where !== null && found.length === 0) {
    throw new DomainError("not_found", `There is no service "${slug}" in "${where.slug}".`);
  }
  return found.map((workload) => workload.id);
};

const scopeName = ({ id }: ServiceState, where: Where): ScopeName =>
  where === null ? { kind: "service", service: id } : { kind: "workload", service: id, environment: where.id };

const scopeNameOf = (state: ProjectState, service: ServiceState, scopeId: string): ScopeName => {
  const workload = state.workloads.get(scopeId as WorkloadId);
  return scopeName(service, workload === undefined ? null : (state.environments.get(workload.environmentId) ?? null));
};

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
