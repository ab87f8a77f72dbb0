import { DomainError } from "@homeport/kit/errors.ts";
import type { ProjectId } from "@homeport/kit/ids.ts";
import type { Change, ScopeName } from "../change.ts";
import type { StoredReference } from "../reference.ts";
import { SCOPE_ORDER, type ScopeKind, type VariableScope } from "../scope.ts";
import type { Service } from "../service.ts";
import type { Applying } from "../state/applying.ts";
import type { Problem } from "../state/config.ts";
import { namesById } from "../state/owner-names.ts";
import { type ProjectState, type VariableState, variableKey } from "../state/project-state.ts";
import { scopeIdsOf } from "../state/resolve.ts";
import { scopeOf } from "../state/variable-ops.ts";
import type { Deployed } from "./affected-deployments.ts";
import { type ApplyContext, applyAtOnce } from "./apply-at-once.ts";
import type { Caller } from "./caller.ts";
import { problemsIn } from "./config-of.ts";
import { inOneMoment, loadProject } from "./load-state.ts";

/** What a variable refers to, for people: `api.URL`. The id is null for what is not there. */
export type Refers = { kind: StoredReference["kind"]; id: string | null; name: string };

export type ListedVariable = { name: string; updatedAt: Date; refers: Refers[] };

/** A variable as a service gets it: where it comes from, and which wider scopes set the same name. */
export type EffectiveVariable = ListedVariable & { scope: ScopeKind; overrides: ScopeKind[] };

export type Changed = { names: string[]; deployments: Deployed[]; problems: Problem[] };

/** Variables of all scopes. Values go in and come out only as part of a release; nothing here tells one. */
export const createVariables = (context: ApplyContext) => {
  const { sql, keys } = context;

  const change = async (
    projectId: ProjectId,
    toChanges: (state: ProjectState) => Change[],
    caller: Caller,
    apply: boolean,
  ): Promise<Omit<Changed, "names">> => {
    const deploy = apply ? "affected" : "none";
    const { deployments, problems } = await applyAtOnce(context, projectId, toChanges, { caller, deploy });
    return { deployments, problems };
  };

  const setIn = async (
    projectId: ProjectId,
    scope: ScopeName,
    values: Record<string, string>,
    caller: Caller,
    apply = false,
  ): Promise<Changed> => {
    const names = Object.keys(values).sort();
    if (names.length === 0) return { names, deployments: [], problems: [] };
    const changes = names.map((name): Change => ({ op: "variable.set", scope, name, value: values[name] ?? "" }));
    return { names, ...(await change(projectId, () => changes, caller, apply)) };
  };

  const unsetIn = async (
    projectId: ProjectId,
    scope: ScopeName,
    names: readonly string[],
    caller: Caller,
    apply = false,
  ): Promise<Changed> => {
    const found: string[] = [];
    const toChanges = (state: ProjectState): Change[] => {
      const { id } = scopeOf(looking(state), scope);
      found.push(...[...new Set(names)].filter((name) => state.variables.has(variableKey(id, name))).sort());
      return found.map((name): Change => ({ op: "variable.unset", scope, name }));
    };
    const changed = await change(projectId, toChanges, caller, apply);
    return { names: found, ...changed };
  };

  return {
    /** What the next release of a service gets, by name. */
    async list(service: Service): Promise<EffectiveVariable[]> {
      const { state } = await inOneMoment(sql, (tx) => loadProject(tx, keys, service.projectId));
      return effectiveVariables(state, service);
    },

    /** Why the next deployment of a service would fail. */
    async listProblems(service: Service): Promise<Problem[]> {
      const problems = await inOneMoment(sql, async (tx) => {
        const loaded = await loadProject(tx, keys, service.projectId);
        return problemsIn(tx, context, loaded, loaded.state);
      });
      return problems.filter((each) => each.service === service.slug && each.environment === service.environmentSlug);
    },

    async listIn(projectId: ProjectId, scope: VariableScope): Promise<ListedVariable[]> {
      const { state } = await inOneMoment(sql, (tx) => loadProject(tx, keys, projectId));
      return [...state.variables.values()]
        .filter((each) => each.scope.id === scope.id)
        .map((each) => listed(state, each))
        .sort(byName);
    },

    /** Sets all of them or none, in one environment. @throws {DomainError} invalid, beyond MAX_VARIABLES or MAX_VARIABLES_BYTES */
    set: (service: Service, values: Record<string, string>, caller: Caller, apply?: boolean): Promise<Changed> =>
      setIn(service.projectId, ownScope(service), values, caller, apply),

    /** Gives the names that were there. */
    unset: (service: Service, names: readonly string[], caller: Caller, apply?: boolean): Promise<Changed> =>
      unsetIn(service.projectId, ownScope(service), names, caller, apply),

    setIn,
    unsetIn,
  };
};

export type Variables = ReturnType<typeof createVariables>;

const ownScope = ({ id, environmentId }: Service): ScopeName => ({
  kind: "workload",
  service: id,
  environment: environmentId,
});

const looking = (state: ProjectState): Applying => ({ state, temps: new Map(), makeId: () => "" });

/** @throws {DomainError} not_found, when the service was removed meanwhile */
export const effectiveVariables = (
  state: ProjectState,
  { workloadId }: Pick<Service, "workloadId">,
): EffectiveVariable[] => {
  const workload = state.workloads.get(workloadId);
  if (workload === undefined) throw new DomainError("not_found", "There is no such service.");
  const scopeIds = scopeIdsOf(state, workload);
  const found = new Map<string, VariableState[]>();
  for (const variable of state.variables.values()) {
    if (scopeIds.includes(variable.scope.id)) found.set(variable.name, [...(found.get(variable.name) ?? []), variable]);
  }
  return [...found.values()]
    .map((all) => {
      const [narrowest, ...wider] = all.sort((a, b) => rank(b.scope.kind) - rank(a.scope.kind));
      const variable = narrowest as VariableState;
      return {
        ...listed(state, variable),
        scope: variable.scope.kind,
        overrides: wider.map(({ scope }) => scope.kind),
      };
    })
    .sort(byName);
};

const rank = (kind: ScopeKind): number => SCOPE_ORDER.indexOf(kind);
const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

const listed = (state: ProjectState, { name, updatedAt, refers: stored }: VariableState): ListedVariable => {
  const names = namesById(state);
  const refers = stored.map(({ kind, id, owner, name: variable }): Refers => {
    const known = id === null ? undefined : names[kind === "secret" ? "secret" : "service"].get(id);
    if (kind === "own") return { kind, id: null, name: variable };
    if (kind === "project" || kind === "environment") return { kind, id: null, name: `${kind}.${variable}` };
    const slug = known ?? owner ?? "?";
    return {
      kind,
      id: known === undefined ? null : id,
      name: kind === "secret" ? `secret.${slug}.${variable}` : `${slug}.${variable}`,
    };
  });
  return { name, updatedAt: updatedAt ?? new Date(0), refers };
};
