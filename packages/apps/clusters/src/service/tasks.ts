import { audit } from "@homeport/kit/audit/audit.ts";
import type { Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { NodeId } from "@homeport/kit/ids.ts";
import type { CreateTask, Task, TaskReport, TaskSpec } from "../contract/task.ts";
import { findTask, insertTask, listOpenTasks, saveOutcome } from "../store/tasks.ts";
import { judgeTaskReport, MAX_OPEN_TASKS, type NodeTask } from "../task.ts";
import { changeNodes } from "./change-replicas.ts";
import type { ClustersDeps } from "./deps.ts";

/** Of what people ask for. */
const DEADLINE_SECONDS = 600;
/** How often somebody who waits looks by itself: another instance may have taken the answer. */
const LOOK_MS = 1_000;

/**
 * Gives a node something to do once. Asked again with the same id it changes nothing and tells how that stands.
 *
 * @throws {DomainError} not_found, when there is no such node; conflict, when the id was given to something else;
 *   unavailable, when the node has too much to do already
 */
export const createTask = (deps: ClustersDeps, input: CreateTask): Promise<NodeTask> =>
  deps.sql.begin((tx) => addTask(deps, tx, input));

/** The same for a person who runs the platform; the first time for an id it is told in the audit log. */
export const createTaskByPerson = (
  deps: ClustersDeps,
  action: string,
  { taskId, nodeId, spec }: { taskId: string; nodeId: string; spec: TaskSpec },
): Promise<NodeTask> =>
  deps.sql.begin(async (tx) => {
    const isNew = (await findTask(tx, taskId)) === null;
    const task = await addTask(deps, tx, { taskId, nodeId, epoch: 0, deadlineSeconds: DEADLINE_SECONDS, spec });
    if (isNew) {
      const subject = { kind: "node", id: nodeId };
      await audit(tx, { app: "clusters", action, organisationId: null, subject, after: { task: taskId } });
    }
    return task;
  });

const addTask = async (deps: ClustersDeps, tx: Tx, input: CreateTask): Promise<NodeTask> => {
  const { taskId: id, epoch, deadlineSeconds, spec } = input;
  const nodeId = input.nodeId as NodeId;
  const known = await findTask(tx, id);
  if (known !== null) return sameTask(known, input);
  // the node's row is locked from here on, so that two of these are counted one after the other
  const changes = await changeNodes(tx, deps.signals, [nodeId]);
  if (!changes.has(nodeId)) throw new DomainError("not_found", "There is no such node.");
  if ((await listOpenTasks(tx, nodeId, MAX_OPEN_TASKS)).length >= MAX_OPEN_TASKS) {
    throw new DomainError("unavailable", "The node has too much to do already. Try again later.");
  }
  const createdAt = deps.clock();
  const deadlineAt = new Date(createdAt.getTime() + deadlineSeconds * 1000);
  await insertTask(tx, { id, nodeId, epoch, spec, timeoutSeconds: deadlineSeconds, createdAt, deadlineAt });
  const task = await findTask(tx, id);
  if (task === null) throw new DomainError("internal", "A task that was stored is not there.");
  return sameTask(task, input); // somebody else may have been faster
};

const sameTask = (task: NodeTask, { nodeId, spec }: Pick<CreateTask, "nodeId" | "spec">): NodeTask => {
  if (task.nodeId === nodeId && Bun.deepEquals(task.spec, spec)) return task;
  throw new DomainError("conflict", "Something else was asked for with this id.");
};

/** @throws {DomainError} not_found, also when its answer is not kept any more */
export const getTask = async (deps: ClustersDeps, id: string): Promise<NodeTask> => {
  const task = await findTask(deps.sql, id);
  if (task === null) throw new DomainError("not_found", "There is no such task.");
  return task;
};

/** The same, as soon as it has ended or `waitMs` are over. */
export const waitForTask = async (
  deps: ClustersDeps,
  id: string,
  waitMs: number,
  until: AbortSignal,
): Promise<NodeTask> => {
  const giveUpAt = performance.now() + waitMs;
  for (;;) {
    const { nodeId } = await getTask(deps, id);
    const changed = deps.signals.node(nodeId);
    const seen = changed.count();
    const task = await getTask(deps, id);
    const leftMs = giveUpAt - performance.now();
    if (task.finishedAt !== null || leftMs <= 0 || until.aborted) return task;
    await changed.waitAbove(seen, Math.min(LOOK_MS, leftMs), until);
  }
};

/** What an agent is told of it. */
export const toDesiredTask = ({ id, epoch, timeoutSeconds, spec }: NodeTask): Task => ({
  id,
  epoch,
  timeoutSeconds,
  spec,
});

/** Takes down what a node says of its tasks. The node's row must be locked. A task with an answer is told no more. */
export const recordTasks = async (
  deps: ClustersDeps,
  tx: Tx,
  nodeId: NodeId,
  reports: readonly TaskReport[],
): Promise<void> => {
  if (reports.length === 0) return;
  const open = new Map((await listOpenTasks(tx, nodeId, MAX_OPEN_TASKS)).map((task) => [task.id, task]));
  let ended = false;
  for (const report of reports) {
    const task = open.get(report.id);
    const outcome = task === undefined ? null : judgeTaskReport(task, report);
    if (outcome === null) continue;
    await saveOutcome(tx, report.id, outcome, deps.clock()); // rarely more than one changes between two reports
    ended ||= outcome.state !== "running";
  }
  if (ended) await changeNodes(tx, deps.signals, [nodeId]);
};
