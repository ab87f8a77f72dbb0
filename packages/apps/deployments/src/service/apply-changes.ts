import { audit } from "@homeport/kit/audit/audit.ts";
import type { Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { Project } from "../project.ts";
import { temporaryIdsOf, withIds } from "../state/identify.ts";
import type { ProjectState } from "../state/project-state.ts";
import { targetOf } from "../state/target.ts";
import { listStaged, rewriteChange, type StagedChange, setDraftVersion, settleChanges } from "../store/changes.ts";
import { lockSecrets } from "../store/secret-groups.ts";
import { type ApplyContext, emitChanges } from "./apply-at-once.ts";
import { applyToProject, type Outcome } from "./apply-state.ts";
import type { Caller } from "./caller.ts";
import { listConflicts } from "./conflicts.ts";
import { loadProject } from "./load-state.ts";
import { openStaged } from "./open-staged.ts";
import { serializeConflict } from "./serialize-conflict.ts";

export type ApplyRequest = {
  /** The draft as it was looked at. */
  draftVersion?: number | undefined;
  /** All unless named. */
  changeIds?: string[] | undefined;
  resolve: Record<string, "mine" | "theirs">;
  message: string;
  deploy: "affected" | "none";
};

export type AppliedDraft = Outcome & { version: number };

/**
 * Applies staged changes in one transaction, with the deployments they make necessary: all of them, or nothing at all.
 * Whoever else applies, stages or changes the project directly waits, and then sees what this wrote.
 *
 * @throws {DomainError} conflict, with `details.reason`: `draft_changed`, when it is not the draft that was looked at;
 *   `changes_conflict`, when somebody changed the same things and it is not said whose hold
 */
export const createApplyDraft = (context: ApplyContext) => {
  const apply = async (tx: Tx, project: Project, request: ApplyRequest, caller: Caller): Promise<AppliedDraft> => {
    await lockSecrets(tx, project.id);
    const loaded = await loadProject(tx, context.keys, project.id);
    const { state, draftVersion } = loaded;
    if (request.draftVersion !== undefined && request.draftVersion !== draftVersion) {
      throw new DomainError("conflict", "The draft was changed since you looked at it. Look again, then apply.", {
        details: { reason: "draft_changed", version: draftVersion },
      });
    }
    const staged = await listStaged(tx, project.id);
    const chosen = chooseChanges(staged, request.changeIds);
    if (chosen.length === 0) throw new DomainError("conflict", "There are no staged changes.");
    const conflicts = await listConflicts(tx, state, chosen);
    const open = conflicts.filter(({ changeId }) => request.resolve[changeId] === undefined);
    if (open.length > 0) {
      const names = [...new Set(open.map(({ target }) => target.name))].slice(0, 5).join(", ");
      throw new DomainError("conflict", `Somebody changed this meanwhile: ${names}. Say whose is to hold.`, {
        details: { reason: "changes_conflict", conflicts: open.map(serializeConflict) },
      });
    }
    // What somebody else holds is left as it is.
    const dropped = new Set(
      conflicts.map(({ changeId }) => changeId).filter((changeId) => request.resolve[changeId] === "theirs"),
    );
    const made = chosen.filter(({ id }) => !dropped.has(id));
    const waiting = openStaged(context.keys, state.organisationId, made);
    const outcome = await applyToProject(tx, context, loaded, waiting, {
      ...request,
      caller,
      mayBeGone: new Set(conflicts.map(({ changeId }) => changeId)),
    });
    await settleAll(tx, made, outcome);
    await settleChanges(tx, [...dropped], { state: "discarded" });
    const rest = staged.filter((each) => !chosen.includes(each));
    await carryOver(tx, rest, made, state, outcome);
    const version = await setDraftVersion(tx, project.id, draftVersion + 1);
    await emitChanges(tx, state, "applied", version, chosen.length, { caller });
    await audit(tx, {
      app: "deployments",
      action: "draft:apply",
      organisationId: state.organisationId,
      projectId: project.id,
      subject: { kind: "project", id: project.id, name: outcome.state.project.slug },
      ...(request.message === "" ? {} : { reason: request.message }),
      before: fieldsOf(outcome, "before"),
      after: { changeSet: outcome.set?.number ?? null, ...fieldsOf(outcome, "after") },
    });
    return { ...outcome, version };
  };

  return async (project: Project, request: ApplyRequest, caller: Caller): Promise<AppliedDraft> => {
    const { sql, wake, teardowns } = context;
    const applied = await sql.begin((tx) => apply(tx, project, request, caller));
    if (applied.deployments.length > 0) wake();
    if (applied.gone.length > 0) await teardowns.now(applied.gone);
    return applied;
  };
};

export type ApplyDraft = ReturnType<typeof createApplyDraft>;

/** @throws {DomainError} not_found, for one that is not staged (any more) */
export const chooseChanges = (staged: readonly StagedChange[], ids: string[] | undefined): StagedChange[] => {
  if (ids === undefined) return [...staged];
  const unknown = ids.find((id) => !staged.some((each) => each.id === id));
  if (unknown !== undefined) throw new DomainError("not_found", `There is no staged change ${unknown}.`);
  return staged.filter(({ id }) => ids.includes(id));
};

/** Changes that came to nothing belong to no set. */
const settleAll = (tx: Tx, made: readonly StagedChange[], { set }: Outcome): Promise<void> =>
  settleChanges(
    tx,
    made.map(({ id }) => id),
    set === null ? { state: "discarded" } : { state: "applied", changeSetId: set.id },
  );

/**
 * What is still staged is about things that have ids by now. And it was staged knowing of what was applied here, of what it
 * made and of what it changed: that is no conflict.
 */
const carryOver = async (
  tx: Tx,
  rest: readonly StagedChange[],
  made: readonly StagedChange[],
  before: ProjectState,
  { created, state }: Outcome,
): Promise<void> => {
  const touched = new Set(made.map(({ change }) => targetOf(before, change)?.target.id));
  for (const { id, change, baseVersion } of rest) {
    const was = targetOf(before, change);
    const isOurs = was !== null && was.version === baseVersion && touched.has(was.target.id);
    if (!isOurs && !temporaryIdsOf(change).some((tempId) => created.has(tempId))) continue;
    const now = withIds(change, created);
    await rewriteChange(tx, id, now, targetOf(state, now)?.version ?? null);
  }
};

const fieldsOf = ({ diff }: Outcome, side: "before" | "after"): Record<string, unknown> =>
  Object.fromEntries(
    diff.map(({ target, fields }) => [
      `${target.kind} ${target.name}`,
      Object.fromEntries(fields.map((each) => [each.field, each[side]])),
    ]),
  );
