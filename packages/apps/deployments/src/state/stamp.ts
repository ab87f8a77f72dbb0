import { copyState, type ProjectState, type VariableState } from "./project-state.ts";

/**
 * The state after changes, ready to be written: what is as it was is the very entry of before, and everything else has the
 * version of these changes. A reference that only got an id keeps the version of its variable: nobody changed that.
 */
export const stampVersions = (before: ProjectState, after: ProjectState, version: number): ProjectState => {
  const stamped = copyState(after);
  stamp(before.environments, stamped.environments, version);
  stamp(before.groups, stamped.groups, version);
  stamp(before.services, stamped.services, version);
  stamp(before.workloads, stamped.workloads, version);
  stamp(before.attachments, stamped.attachments, version);
  stamp(before.volumes, stamped.volumes, version);
  for (const [key, is] of stamped.variables) {
    const was = before.variables.get(key);
    if (was !== undefined && isSameValue(was, is)) stamped.variables.set(key, was);
    else if (was === undefined || is.isEdited) stamped.variables.set(key, { ...is, isEdited: true, version });
  }
  if (before.project.slug !== after.project.slug) stamped.project = { ...after.project, version };
  return stamped;
};

const stamp = <K, T extends { version: number }>(
  before: ReadonlyMap<K, T>,
  after: Map<K, T>,
  version: number,
): void => {
  for (const [key, is] of after) {
    const was = before.get(key);
    if (was !== undefined && Bun.deepEquals(was, is)) after.set(key, was);
    else after.set(key, { ...is, version });
  }
};

/** One that does not open is another: whoever sets it anew has it written. */
export const isSameValue = (a: VariableState, b: VariableState): boolean => {
  if (a === b) return true;
  try {
    return a.value.reveal() === b.value.reveal();
  } catch {
    return false;
  }
};
