import type { Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { newId, type WorkloadId } from "@homeport/kit/ids.ts";
import type { ChangeOp } from "../change.ts";
import { applyChange } from "../state/apply-change.ts";
import type { Applying } from "../state/applying.ts";
import { type DiffEntry, describeDiff } from "../state/diff.ts";
import type { Waiting } from "../state/fold.ts";
import { adoptNames } from "../state/owner-names.ts";
import { copyState, type ProjectState } from "../state/project-state.ts";
import { stampVersions } from "../state/stamp.ts";
import { type ChangeSetId, insertChangeSet, nextChangeSetNumber } from "../store/change-sets.ts";
import { type Deployments, deployAffected } from "./affected-deployments.ts";
import type { Caller } from "./caller.ts";
import { type ConfigContext, configsOf, problemsIn } from "./config-of.ts";
import { dropForeignCredentials } from "./drop-credentials.ts";
import type { Loaded } from "./load-state.ts";
import { requireRights } from "./require-rights.ts";
import { tellChanges } from "./tell-changes.ts";
import { writeState } from "./write-state.ts";

export type ApplyOptions = {
  caller: Caller;
  message: string;
  deploy: "affected" | "none";
  /** Changes that may find gone what they were to take away: then they have nothing to do. */
  mayBeGone?: ReadonlySet<string>;
};

/** What came of some changes. Without a set, nothing was different. */
export type Outcome = Deployments & {
  set: { id: ChangeSetId; number: number } | null;
  diff: DiffEntry[];
  /** Ids of what was made, by temporary id. */
  created: Map<string, string>;
  state: ProjectState;
  gone: WorkloadId[];
};

/**
 * Makes changes to a project that the transaction has locked and read: all of them, or none when one throws. It is the one
 * way in which what a project is made of becomes different.
 *
 * @throws {DomainError} of the change that cannot be made, with its id in `details`
 */
export const applyToProject = async (
  tx: Tx,
  context: ConfigContext,
  loaded: Loaded,
  changes: readonly Waiting[],
  { caller, message, deploy, mayBeGone = new Set() }: ApplyOptions,
): Promise<Outcome> => {
  const before = loaded.state;
  const applying: Applying = { state: copyState(before), temps: new Map(), makeId: () => newId() };
  for (const { id, change, value } of changes) {
    try {
      requireRights(caller.may, applying, change, value, "apply");
      applyChange(applying, change, value);
    } catch (err) {
      if (!(err instanceof DomainError)) throw err;
      if (err.code === "not_found" && mayBeGone.has(id) && takesAway(change.op)) continue;
      const { code, message: sentence, issues } = err;
      throw new DomainError(code, sentence, { cause: err, issues, details: { changeId: id, op: change.op } });
    }
  }
  adoptNames(applying.state);
  const { state: after } = applying;
  const diff = describeDiff(before, after);
  const nothing = { deployments: [], notDeployed: [] };
  if (diff.length === 0) {
    const problems = await problemsIn(tx, context, loaded, after);
    return { ...nothing, problems, set: null, diff, created: applying.temps, state: after, gone: [] };
  }
  const former = deploy === "affected" ? await configsOf(tx, context, loaded) : null;
  const number = await nextChangeSetNumber(tx, before.project.id);
  // Versions are numbers of sets, so that none comes twice, also not of a variable that was unset and set again.
  const written = stampVersions(before, after, number + 1);
  const gone = await writeState(tx, context.keys, before, written);
  await tellChanges(tx, before, written, caller.actor);
  await dropForeignCredentials(tx, before, written);
  const project = { id: before.project.id, organisationId: before.organisationId };
  const id = await insertChangeSet(tx, project, { number, author: caller.actor, message, diff });
  const deployed: Deployments =
    former !== null
      ? await deployAffected(tx, context, { ...loaded, former }, written, caller)
      : { ...nothing, problems: await problemsIn(tx, context, loaded, written) };
  return { ...deployed, set: { id, number }, diff, created: applying.temps, state: written, gone };
};

const takesAway = (op: ChangeOp): boolean =>
  op === "variable.unset" || op === "secrets.detach" || op.endsWith(".remove");
