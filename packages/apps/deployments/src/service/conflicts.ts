import type { Db } from "@homeport/kit/db/connect.ts";
import type { Actor } from "../actor.ts";
import type { ProjectState } from "../state/project-state.ts";
import { type Target, targetOf } from "../state/target.ts";
import { findChangeSetAbout } from "../store/change-sets.ts";
import type { ChangeId, StagedChange } from "../store/changes.ts";

/** A staged change about something that somebody changed since. */
export type Conflict = {
  changeId: ChangeId;
  target: Target;
  yours: { author: Actor; at: Date };
  theirs: { author: Actor; at: Date; changeSet: number } | null;
  /** How it is now, without secrets; null when it is gone. */
  current: Record<string, unknown> | null;
};

export const listConflicts = async (
  sql: Db,
  state: ProjectState,
  staged: readonly StagedChange[],
): Promise<Conflict[]> => {
  const conflicts: Conflict[] = [];
  for (const { id: changeId, change, baseVersion, author, createdAt } of staged) {
    const found = targetOf(state, change);
    if (found === null || found.version === baseVersion) continue;
    // A conflict is rare, so who made it is looked up one by one.
    const set = await findChangeSetAbout(sql, state.project.id, { kind: found.target.kind, id: found.target.id });
    conflicts.push({
      changeId,
      target: found.target,
      yours: { author, at: createdAt },
      theirs: set === null ? null : { author: set.author, at: set.appliedAt, changeSet: set.number },
      current: found.current,
    });
  }
  return conflicts;
};
