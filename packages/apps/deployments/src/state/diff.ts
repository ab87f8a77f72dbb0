import { changes } from "@homeport/kit/audit/changes.ts";
import { diffFields } from "./fields.ts";
import { nameOfScope, nameOfVolume, nameOfWorkload, type ProjectState } from "./project-state.ts";
import { isSameValue } from "./stamp.ts";
import type { Target } from "./target.ts";

type Fields = Record<string, unknown>;

/** One thing that differs between two states. Null for a state without it. */
type Pair<T> = { before: T | null; after: T | null };

const pairs = <K, T>(before: ReadonlyMap<K, T>, after: ReadonlyMap<K, T>): Pair<T>[] =>
  [...new Set([...before.keys(), ...after.keys()])]
    .map((key) => ({ before: before.get(key) ?? null, after: after.get(key) ?? null }))
    .filter((pair) => pair.before !== pair.after);

/** All that may differ, as values; what two entries hold may still be the same. */
export const diffStates = (before: ProjectState, after: ProjectState) => ({
  environments: pairs(before.environments, after.environments),
  groups: pairs(before.groups, after.groups),
  services: pairs(before.services, after.services),
  workloads: pairs(before.workloads, after.workloads),
  variables: pairs(before.variables, after.variables),
  attachments: pairs(before.attachments, after.attachments),
  volumes: pairs(before.volumes, after.volumes),
});

export type DiffEntry = {
  target: Target;
  change: "created" | "changed" | "removed";
  fields: { field: string; before: unknown; after: unknown }[];
};

/** What people see of a difference: names and settings as they are, of a variable's value only that it is another. */
export const describeDiff = (before: ProjectState, after: ProjectState): DiffEntry[] => {
  const diff = diffStates(before, after);
  const entries: (DiffEntry | null)[] = [
    entry("project", { before: before.project, after: after.project }, ({ id, slug }) => [id, slug, { slug }]),
    ...diff.environments.map((pair) =>
      entry("environment", pair, (each) => [each.id, each.slug, diffFields.environment(each)]),
    ),
    ...diff.groups.map((pair) => entry("group", pair, ({ id, slug }) => [id, slug, { slug }])),
    ...diff.services.map((pair) =>
      entry("service", pair, (each, state) => [each.id, each.slug, diffFields.service(each, state)], before, after),
    ),
    ...diff.workloads.map((pair) => {
      // One that comes and goes with its service or environment is no news of its own, unless something is set there.
      const isPlain = pair.before === null && Object.keys(pair.after?.overrides ?? {}).length === 0;
      if (isPlain || pair.after === null) return null;
      return entry(
        "workload",
        { before: pair.before ?? { ...pair.after, overrides: {} }, after: pair.after },
        (each, state) => [each.id, nameOfWorkload(state, each.id), { ...each.overrides }],
        before,
        after,
      );
    }),
    ...diff.variables.map(({ before: was, after: is }): DiffEntry | null => {
      const either = is ?? was;
      if (either === null) return null;
      const isChanged = was !== null && is?.isEdited === true && !isSameValue(was, is);
      if (was !== null && is !== null && !isChanged) return null;
      const name = `${either.name} of ${nameOfScope(is === null ? before : after, either.scope)}`;
      const change = was === null ? "created" : is === null ? "removed" : "changed";
      const told = { created: "set", changed: "changed", removed: "removed" }[change];
      const fields = [{ field: "value", before: was === null ? null : "set", after: told }];
      return { target: { kind: "variable", id: `${either.scope.id}/${either.name}`, name }, change, fields };
    }),
    ...diff.attachments.map((pair) =>
      entry(
        "attachment",
        pair,
        (each, state) => [
          `${each.workloadId}/${each.secretGroupId}`,
          `${state.secretGroups.get(each.secretGroupId)?.slug ?? ""} at ${nameOfWorkload(state, each.workloadId)}`,
          { use: each.use },
        ],
        before,
        after,
      ),
    ),
    ...diff.volumes.map((pair) =>
      entry(
        "volume",
        pair,
        (each, state) => [each.id, nameOfVolume(state, each), diffFields.volume(each)],
        before,
        after,
      ),
    ),
  ];
  return entries.filter((each) => each !== null);
};

type Describe<T> = (thing: T, state: ProjectState) => [id: string, name: string, fields: Fields];

const entry = <T>(
  kind: Target["kind"],
  { before, after }: Pair<T>,
  describe: Describe<T>,
  stateBefore?: ProjectState,
  stateAfter?: ProjectState,
): DiffEntry | null => {
  const was = before === null ? null : describe(before, stateBefore as ProjectState);
  const is = after === null ? null : describe(after, stateAfter as ProjectState);
  const [id, name] = is ?? was ?? ["", ""];
  const changed = changes(was?.[2] ?? null, is?.[2] ?? null);
  const names = [...new Set([...Object.keys(changed.before ?? {}), ...Object.keys(changed.after ?? {})])];
  const fields = names.map((field) => ({
    field,
    before: changed.before?.[field] ?? null,
    after: changed.after?.[field] ?? null,
  }));
  if (was !== null && is !== null && fields.length === 0) return null;
  return { target: { kind, id, name }, change: was === null ? "created" : is === null ? "removed" : "changed", fields };
};
