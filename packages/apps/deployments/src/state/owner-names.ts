import { listReferences, type Names, type StoredReference, showReferences, storeReferences } from "../reference.ts";
import { isTemporary } from "./applying.ts";
import { plainValue } from "./lazy-value.ts";
import type { ProjectState, VariableState } from "./project-state.ts";

const NONE: ReadonlyMap<string, string> = new Map();

/** The ids of services and secret groups by their names; what is only planned has none. */
export const idsByName = (state: ProjectState): Names => ({
  service: new Map([...state.services.values()].flatMap(({ id, slug }) => (isTemporary(id) ? [] : [[slug, id]]))),
  secret: new Map([...state.secretGroups.values()].map(({ id, slug }) => [slug, id])),
});

export const namesById = (state: ProjectState): Names => ({
  service: new Map([...state.services.values()].map(({ id, slug }) => [id, slug])),
  secret: new Map([...state.secretGroups.values()].map(({ id, slug }) => [id, slug])),
});

/** What is kept of a value beside it. */
export const keptOf = (text: string): Pick<VariableState, "value" | "refers" | "sizeBytes"> => ({
  value: plainValue(text),
  refers: listReferences(text),
  sizeBytes: Buffer.byteLength(text),
});

/**
 * Values that name what was not there when they were set refer to it by its id from now on, so that renaming it breaks
 * nothing. No other value is opened.
 */
export const adoptNames = (state: ProjectState): void => {
  const ids = idsByName(state);
  const isKnown = ({ kind, id, owner }: StoredReference): boolean =>
    id === null && owner !== null && (kind === "service" || kind === "secret") && ids[kind].has(owner);
  for (const [key, variable] of state.variables) {
    if (!variable.refers.some(isKnown)) continue;
    state.variables.set(key, { ...variable, ...keptOf(storeReferences(variable.value.reveal(), ids)) });
  }
};

/** Values that refer to what goes away name it again, as people wrote it: the next one of that name is meant. */
export const forgetOwner = (state: ProjectState, kind: "service" | "secret", id: string, slug: string): void => {
  const names: Names = { service: NONE, secret: NONE, [kind]: new Map([[id, slug]]) };
  for (const [key, variable] of state.variables) {
    if (!variable.refers.some((each) => each.kind === kind && each.id === id)) continue;
    state.variables.set(key, { ...variable, ...keptOf(showReferences(variable.value.reveal(), names)) });
  }
};
