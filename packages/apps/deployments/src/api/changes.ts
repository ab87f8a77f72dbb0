import type { Handlers } from "@homeport/kit/http/api.ts";
import type { contract } from "../contract.ts";
import { callerOf } from "../service/caller.ts";
import type { Draft } from "../service/changes.ts";
import { projectOf } from "../service/loaders.ts";
import { serializeConflict } from "../service/serialize-conflict.ts";
import type { UseCases } from "../service/use-cases.ts";
import { problemToWire } from "./wire-problem.ts";

export const changeHandlers = ({ changes }: UseCases): Handlers<typeof contract.changes> => ({
  get: async (context) => draftToWire(await changes.draft(projectOf(context), callerOf(context))),
  stage: async (context, { changes: wanted }) =>
    draftToWire(await changes.stage(projectOf(context), wanted, callerOf(context))),
  discard: async (context, { changeIds }) => changes.discard(projectOf(context), changeIds, callerOf(context)),
  apply: async (context, { project: _project, ...request }) => {
    const applied = await changes.apply(projectOf(context), request, callerOf(context));
    return {
      changeSet: applied.set?.number ?? null,
      version: applied.version,
      diff: applied.diff,
      created: Object.fromEntries(applied.created),
      deployments: applied.deployments,
      notDeployed: applied.notDeployed,
      problems: applied.problems.map(problemToWire),
    };
  },
  listSets: async (context, page) => {
    const { items, nextCursor } = await changes.listSets(projectOf(context), page);
    return {
      items: items.map(({ id: _id, appliedAt, ...set }) => ({ ...set, appliedAt: appliedAt.toISOString() })),
      nextCursor,
    };
  },
});

const draftToWire = ({ changes, conflicts, problems, ...draft }: Draft) => ({
  ...draft,
  changes: changes.map(({ id, seq, change, author, createdAt, error }) => ({
    id,
    seq,
    change,
    author,
    createdAt: createdAt.toISOString(),
    error,
  })),
  conflicts: conflicts.map(serializeConflict),
  problems: problems.map(problemToWire),
});
