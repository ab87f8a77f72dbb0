import { type Call, currentCall, runInCall } from "@homeport/kit/audit/call.ts";
import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { ProjectId } from "@homeport/kit/ids.ts";
import type { Outcome, Request } from "../canvas/operation.ts";
import type { Project } from "../project.ts";
import { createCanvasBatch } from "./canvas-batch.ts";

/** Operations of one transaction; those that come meanwhile are of the next one. */
const BATCH = 64;
/** More than anybody's hands make; a program that is faster is told to wait. */
const MAX_WAITING = 1_000;

type Waiting = {
  request: Request;
  /** Who asked, from where: the transaction is also others'. */
  call: Call | null;
  settle: (outcome: Outcome) => void;
  fail: (err: unknown) => void;
};

/**
 * Writes operations down, each canvas one batch after the other: what waits while a transaction is under way goes into the
 * next one together, so that many hands cost few transactions. `written` is called after each, with the project.
 */
export const createCanvasWriter = (sql: Sql, written: (project: Project) => void) => {
  const queues = new Map<ProjectId, Waiting[]>();

  const writeAll = async (project: Project, batch: readonly Waiting[]): Promise<void> => {
    const outcomes = await sql.begin((tx) => inOne(tx, project, batch));
    for (const [index, { settle }] of batch.entries()) settle(outcomes[index] as Outcome);
    written(project);
  };
  const inOne = async (tx: Tx, project: Project, batch: readonly Waiting[]): Promise<Outcome[]> => {
    const work = await createCanvasBatch(
      tx,
      project,
      batch.map(({ request }) => request),
    );
    const outcomes: Outcome[] = [];
    for (const { request, call } of batch) {
      const apply = () => work.apply(request);
      outcomes.push(await (call === null ? apply() : runInCall(call, apply)));
    }
    await work.finish();
    return outcomes;
  };

  const run = async (project: Project, queue: Waiting[]): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, BATCH);
      try {
        await writeAll(project, batch);
      } catch (err) {
        // One of them may have broken it for all: a service that was removed at that very moment.
        const alone = batch.length === 1 ? [] : batch;
        if (alone.length === 0) batch[0]?.fail(err);
        for (const one of alone) await writeAll(project, [one]).catch(one.fail);
      }
    }
    queues.delete(project.id);
  };

  return {
    /**
     * Settles once it is committed, or refused. Operations of one canvas are done in the order in which they came.
     *
     * @throws {DomainError} rate_limited, when too many wait
     */
    async apply(project: Project, request: Request): Promise<Outcome> {
      const queue = queues.get(project.id) ?? [];
      if (queue.length >= MAX_WAITING) {
        throw new DomainError("rate_limited", "There are too many operations on this canvas.", {
          retryAfterSeconds: 1,
        });
      }
      const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
      queue.push({ request, call: currentCall(), settle: resolve, fail: reject });
      if (!queues.has(project.id)) {
        queues.set(project.id, queue);
        void run(project, queue);
      }
      return promise;
    },
  };
};

export type CanvasWriter = ReturnType<typeof createCanvasWriter>;
