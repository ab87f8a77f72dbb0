import { type Db, jsonb } from "@homeport/kit/db/connect.ts";
import type { NodeId } from "@homeport/kit/ids.ts";
import { Reason } from "../contract/release.ts";
import { TaskResult, TaskSpec } from "../contract/task.ts";
import type { NodeTask, TaskOutcome } from "../task.ts";

type Row = Omit<NodeTask, "spec" | "result" | "reason"> & { spec: unknown; result: unknown; reason: unknown };

const columns = (sql: Db) => sql`
  id, node_id as "nodeId", epoch, spec, timeout_seconds as "timeoutSeconds", state, result, reason,
  created_at as "createdAt", deadline_at as "deadlineAt", finished_at as "finishedAt"`;

const toTask = ({ spec, result, reason, ...row }: Row): NodeTask => ({
  ...row,
  spec: TaskSpec.parse(spec),
  result: result === null ? null : TaskResult.parse(result),
  reason: reason === null ? null : Reason.parse(reason),
});

export type NewTask = Pick<
  NodeTask,
  "id" | "nodeId" | "epoch" | "spec" | "timeoutSeconds" | "createdAt" | "deadlineAt"
>;

/** False when there is one with its id already. */
export const insertTask = async (sql: Db, task: NewTask): Promise<boolean> => {
  const rows = await sql`
    insert into clusters.tasks (id, node_id, epoch, spec, timeout_seconds, created_at, deadline_at)
    values (${task.id}, ${task.nodeId}, ${task.epoch}, ${jsonb(sql, task.spec)}, ${task.timeoutSeconds},
      ${task.createdAt}, ${task.deadlineAt})
    on conflict (id) do nothing
    returning id`;
  return rows.length > 0;
};

export const findTask = async (sql: Db, id: string): Promise<NodeTask | null> => {
  const [row] = await sql<Row[]>`select ${columns(sql)} from clusters.tasks where id = ${id}`;
  return row === undefined ? null : toTask(row);
};

/** What a node has to do, in the order in which it was asked for. */
export const listOpenTasks = async (sql: Db, nodeId: NodeId, limit: number): Promise<NodeTask[]> => {
  const rows = await sql<Row[]>`
    select ${columns(sql)}
    from clusters.tasks
    where node_id = ${nodeId} and finished_at is null
    order by created_at, id
    limit ${limit}`;
  return rows.map(toTask);
};

/** Takes down how an open task stands or ended. */
export const saveOutcome = async (sql: Db, id: string, outcome: TaskOutcome, now: Date): Promise<void> => {
  const result = outcome.state === "succeeded" ? jsonb(sql, outcome.result) : null;
  const reason = outcome.state === "failed" ? jsonb(sql, outcome.reason) : null;
  await sql`
    update clusters.tasks
    set state = ${outcome.state}, result = ${result}, reason = ${reason},
      finished_at = ${outcome.state === "running" ? null : now}
    where id = ${id} and finished_at is null`;
};

/** Open tasks whose time is over, and when their nodes were last heard of. */
export const listOverdueTasks = (
  sql: Db,
  now: Date,
  limit: number,
): Promise<{ id: string; nodeId: NodeId; lastSeenAt: Date }[]> => sql<
  { id: string; nodeId: NodeId; lastSeenAt: Date }[]
>`
  select t.id, t.node_id as "nodeId", n.last_seen_at as "lastSeenAt"
  from clusters.tasks t
  join clusters.nodes n on n.id = t.node_id
  where t.finished_at is null and t.deadline_at <= ${now}
  order by t.deadline_at, t.id
  limit ${limit}`;

/** What was read of tenants' files is kept for minutes, all other answers longer. */
export const forgetTasks = async (sql: Db, finishedBefore: Date, browsedBefore: Date): Promise<void> => {
  await sql`
    delete from clusters.tasks
    where finished_at < ${finishedBefore} or (finished_at < ${browsedBefore} and spec ->> 'kind' = 'volume.browse')`;
};
