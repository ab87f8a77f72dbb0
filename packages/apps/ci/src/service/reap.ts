import type { Sql } from "@homeport/kit/db/connect.ts";
import { judgeOverdue } from "../job.ts";
import { log } from "../log.ts";
import { lockOverdue, settleOverdue } from "../store/overdue.ts";
import { tellChange } from "./tell-change.ts";

/** With a lease of 30 s and the loop's spread of a fifth, a dead runner's job is taken from it within 35 s. */
export const REAP_EVERY_MS = 4_000;

/** How many jobs one transaction settles; the next round follows at once while there are more. */
const BATCH = 100;

/** Takes jobs from runners that are gone or too slow, and says what becomes of them. Any number of replicas may reap. */
export const reapJobs = async (sql: Sql, onLogWork: () => void): Promise<void> => {
  for (;;) {
    const settled = await sql.begin(async (tx) => {
      const overdue = await lockOverdue(tx, BATCH);
      if (overdue.length === 0) return [];
      const jobs = await settleOverdue(
        tx,
        overdue.map((job) => ({ job, verdict: judgeOverdue(job) })),
      );
      for (const job of jobs) await tellChange(tx, job);
      return jobs;
    });
    for (const job of settled)
      log.warn({ jobId: job.id, state: job.state, attempt: job.attempt }, "job taken from its runner");
    if (settled.length > 0) onLogWork();
    if (settled.length < BATCH) return;
  }
};
