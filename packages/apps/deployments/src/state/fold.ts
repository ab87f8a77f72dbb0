import { DomainError } from "@homeport/kit/errors.ts";
import { applyChange } from "./apply-change.ts";
import type { Applying, StoredChange, Value } from "./applying.ts";
import { copyState, type ProjectState } from "./project-state.ts";

/** A change that waits, with the value that belongs to it. */
export type Waiting = { id: string; change: StoredChange; value: Value };

/** A draft as a state: what would be, and which changes cannot be made as things are, with the reason. */
export type Folded = { applying: Applying; errors: Map<string, DomainError> };

/** Makes all changes of a draft to a copy; one that cannot be made is left out, and so is what needs it. */
export const foldDraft = (state: ProjectState, draft: readonly Waiting[]): Folded => {
  let applying = planning(copyState(state));
  const errors = new Map<string, DomainError>();
  for (const { id, change, value } of draft) {
    const next = branch(applying);
    try {
      applyChange(next, change, value);
      applying = next;
    } catch (err) {
      if (!(err instanceof DomainError)) throw err;
      errors.set(id, err);
    }
  }
  return { applying, errors };
};

/** Makes up no ids: a planned thing is known by its temporary one. */
const planning = (state: ProjectState): Applying => {
  let count = 0;
  return {
    state,
    temps: new Map(),
    makeId: (tempId) => {
      count += 1;
      return tempId ?? `tmp_${count}_`; // no temporary id of people ends in _
    },
  };
};

/** A change may fail half way; what it did so far must not stay. */
export const branch = (applying: Applying): Applying => ({
  ...applying,
  state: copyState(applying.state),
  temps: new Map(applying.temps),
});
