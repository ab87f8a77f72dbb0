import { audit } from "@homeport/kit/audit/audit.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import { Secret } from "@homeport/kit/secret.ts";
import type { Actor } from "../actor.ts";
import { type Change, MAX_STAGED_CHANGES } from "../change.ts";
import type { Project } from "../project.ts";
import { storeReferences } from "../reference.ts";
import { applyChange } from "../state/apply-change.ts";
import type { Applying } from "../state/applying.ts";
import type { Problem } from "../state/config.ts";
import { type DiffEntry, describeDiff } from "../state/diff.ts";
import { branch, foldDraft } from "../state/fold.ts";
import { identify, temporaryIdsOf } from "../state/identify.ts";
import { idsByName } from "../state/owner-names.ts";
import { targetOf } from "../state/target.ts";
import { type ChangeSet, listChangeSets } from "../store/change-sets.ts";
import {
  type ChangeId,
  insertChanges,
  listStaged,
  type NewChange,
  newChangeId,
  type StagedChange,
  setDraftVersion,
  settleChanges,
} from "../store/changes.ts";
import { lockSecrets } from "../store/secret-groups.ts";
import { type ApplyContext, emitChanges } from "./apply-at-once.ts";
import { chooseChanges, createApplyDraft } from "./apply-changes.ts";
import type { Caller } from "./caller.ts";
import { sealChange } from "./change-seals.ts";
import { problemsIn } from "./config-of.ts";
import { type Conflict, listConflicts } from "./conflicts.ts";
import { inOneMoment, type Loaded, loadProject } from "./load-state.ts";
import { openStaged } from "./open-staged.ts";
import type { Page } from "./reads.ts";
import { maySeeChange, requireRights } from "./require-rights.ts";
import { splitChange } from "./split-change.ts";

/** The draft of a project, as somebody may see it. */
export type Draft = {
  version: number;
  changes: (StagedChange & { error: string | null })[];
  diff: DiffEntry[];
  authors: Actor[];
  conflicts: Conflict[];
  problems: Problem[];
  hiddenCount: number;
};

/** Staged changes: gathered by several people, looked at as a whole, then applied or discarded. */
export const createChanges = (context: ApplyContext) => {
  const { sql, keys } = context;

  const entryOf = ({ id, organisationId, slug }: Project, action: string) => ({
    app: "deployments",
    action,
    organisationId,
    projectId: id,
    subject: { kind: "project", id, name: slug },
  });

  const draft = (project: Project, { may }: Pick<Caller, "may">): Promise<Draft> =>
    inOneMoment(sql, async (tx) => {
      const loaded = await loadProject(tx, keys, project.id);
      const staged = await listStaged(tx, project.id);
      const { applying, errors } = foldDraft(loaded.state, openStaged(keys, loaded.state.organisationId, staged));
      const seen = staged.filter(({ change }) => maySeeChange(may, applying, change));
      const isAllSeen = seen.length === staged.length;
      // Of a draft that is seen in part, only that part: what the whole makes different would tell of the rest.
      const shown = isAllSeen
        ? applying
        : foldDraft(loaded.state, openStaged(keys, loaded.state.organisationId, seen)).applying;
      return {
        version: loaded.draftVersion,
        changes: seen.map((each) => ({ ...each, error: errors.get(each.id)?.message ?? null })),
        diff: describeDiff(loaded.state, shown.state),
        authors: [...new Map(seen.map(({ author }) => [author.id, author])).values()],
        conflicts: await listConflicts(tx, loaded.state, seen),
        problems: isAllSeen ? await problemsIn(tx, context, loaded, shown.state) : [],
        hiddenCount: staged.length - seen.length,
      };
    });

  return {
    draft,

    /**
     * Stages changes, all or none, each checked against the project with all that is staged before it.
     *
     * @throws {DomainError} of the change that cannot be staged
     */
    async stage(project: Project, changes: readonly Change[], caller: Caller): Promise<Draft> {
      await sql.begin(async (tx) => {
        await lockSecrets(tx, project.id);
        const loaded = await loadProject(tx, keys, project.id);
        const { organisationId } = loaded.state;
        const staged = await listStaged(tx, project.id);
        if (staged.length + changes.length > MAX_STAGED_CHANGES) {
          throw new DomainError("invalid", `A draft has at most ${MAX_STAGED_CHANGES} changes. Apply or discard some.`);
        }
        let { applying } = foldDraft(loaded.state, openStaged(keys, organisationId, staged));
        const added: NewChange[] = [];
        for (const [index, change] of changes.entries()) {
          const made = stageOne(loaded, applying, change, caller, index);
          applying = made.applying;
          const id = newChangeId();
          const sealed = made.value === null ? null : sealChange(keys, { organisationId, id }, made.value);
          added.push({ id, change: made.change, sealed, baseVersion: made.baseVersion });
        }
        const place = { id: project.id, organisationId, draftVersion: loaded.draftVersion };
        const version = await insertChanges(tx, place, added, caller.actor);
        await emitChanges(tx, loaded.state, "staged", version, added.length, { caller });
        await audit(tx, {
          ...entryOf(project, "draft:write"),
          after: { staged: added.map(({ change }) => change.op) },
        });
      });
      return draft(project, caller);
    },

    /** Discards staged changes, with those that need what they make; all unless named. Gives the ids. */
    async discard(
      project: Project,
      ids: string[] | undefined,
      caller: Caller,
    ): Promise<{ discarded: ChangeId[]; version: number }> {
      return sql.begin(async (tx) => {
        await lockSecrets(tx, project.id);
        const { state, draftVersion } = await loadProject(tx, keys, project.id);
        const staged = await listStaged(tx, project.id);
        const chosen = withDependents(staged, chooseChanges(staged, ids));
        if (chosen.length === 0) return { discarded: [], version: draftVersion };
        const discarded = chosen.map(({ id }) => id);
        await settleChanges(tx, discarded, { state: "discarded" });
        const version = await setDraftVersion(tx, project.id, draftVersion + 1);
        await emitChanges(tx, state, "discarded", version, discarded.length, { caller });
        await audit(tx, {
          ...entryOf(project, "draft:write"),
          after: { discarded: chosen.map(({ change }) => change.op) },
        });
        return { discarded, version };
      });
    },

    apply: createApplyDraft(context),

    /** Newest first. @throws {DomainError} invalid, for a cursor that no page gave */
    async listSets(project: Project, { cursor, limit }: Page): Promise<Paged<ChangeSet>> {
      if (cursor !== undefined && !/^\d{1,9}$/.test(cursor)) {
        throw new DomainError("invalid", "cursor: take it from nextCursor of the page before.");
      }
      const found = await listChangeSets(sql, project.id, cursor === undefined ? null : Number(cursor), limit + 1);
      return cutPage(found, limit, ({ number }) => String(number));
    },
  };
};

export type Changes = ReturnType<typeof createChanges>;

const stageOne = (loaded: Loaded, applying: Applying, wanted: Change, { may }: Caller, index: number) => {
  try {
    const split = splitChange(wanted);
    const change = identify(applying, split.change);
    // What it refers to is known by its id from now on: names may change before it is applied.
    const value =
      split.value === null ? null : new Secret(storeReferences(split.value.reveal(), idsByName(applying.state)));
    requireRights(may, applying, change, value, "stage");
    const next = branch(applying);
    applyChange(next, change, value);
    return { applying: next, change, value, baseVersion: targetOf(loaded.state, change)?.version ?? null };
  } catch (err) {
    if (!(err instanceof DomainError)) throw err;
    const issues = [{ path: `changes.${index}`, message: err.message }];
    throw new DomainError(err.code, err.message, { cause: err, issues, details: { index, op: wanted.op } });
  }
};

const withDependents = (staged: readonly StagedChange[], chosen: readonly StagedChange[]): StagedChange[] => {
  const ids = new Set(chosen.map(({ id }) => id));
  const gone = new Set<string>();
  // In their order: what needs something comes after it.
  for (const { id, change } of staged) {
    if (temporaryIdsOf(change).some((tempId) => gone.has(tempId))) ids.add(id);
    if (ids.has(id) && "tempId" in change) gone.add(change.tempId);
  }
  return staged.filter(({ id }) => ids.has(id));
};
