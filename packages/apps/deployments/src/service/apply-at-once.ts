import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { ProjectId } from "@homeport/kit/ids.ts";
import type { Change } from "../change.ts";
import type { ProjectState } from "../state/project-state.ts";
import { newChangeId } from "../store/changes.ts";
import { lockSecrets } from "../store/secret-groups.ts";
import { type ApplyOptions, applyToProject, type Outcome } from "./apply-state.ts";
import type { ConfigContext } from "./config-of.ts";
import { loadProject } from "./load-state.ts";
import { splitChange } from "./split-change.ts";
import type { Teardowns } from "./teardown.ts";

export type ApplyContext = ConfigContext & {
  sql: Sql;
  /** Called once deployments were queued. */
  wake: () => void;
  teardowns: Teardowns;
};

/** `extra` runs in the same transaction, after the changes. */
export type AtOnce = Omit<ApplyOptions, "message"> & { extra?: (tx: Tx, outcome: Outcome) => Promise<void> };

/**
 * Applies changes without staging them: what a direct request does. They pass through the same hands as a draft's, so that
 * neither loses what the other wrote. `changes` sees the project as it is once nobody else changes it.
 */
export const applyAtOnce = async (
  context: ApplyContext,
  projectId: ProjectId,
  changes: (state: ProjectState) => readonly Change[],
  { extra, ...options }: AtOnce,
): Promise<Outcome> => {
  const { sql, keys, wake, teardowns } = context;
  const outcome = await sql.begin(async (tx) => {
    await lockSecrets(tx, projectId);
    const loaded = await loadProject(tx, keys, projectId);
    const waiting = changes(loaded.state).map((change) => ({ id: newChangeId(), ...splitChange(change) }));
    const made = await applyToProject(tx, context, loaded, waiting, { ...options, message: "" });
    await extra?.(tx, made);
    if (made.set !== null) await emitChanges(tx, loaded.state, "applied", loaded.draftVersion, waiting.length, options);
    return made;
  });
  if (outcome.deployments.length > 0) wake();
  if (outcome.gone.length > 0) await teardowns.now(outcome.gone);
  return outcome;
};

/** Tells of a project's draft, or that what it is compared with is another: how far it is, and of how many changes. */
export const emitChanges = async (
  tx: Tx,
  state: ProjectState,
  what: "staged" | "discarded" | "applied",
  version: number,
  count: number,
  { caller }: Pick<ApplyOptions, "caller">,
): Promise<void> => {
  await emit(tx, {
    type: `deployments.changes.${what}`,
    source: "deployments",
    organisationId: state.organisationId,
    projectId: state.project.id,
    subject: state.project.id,
    data: { version, count },
    actor: caller.actor,
  });
};
