import type { Tx } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import { isOver, type Job } from "../job.ts";
import { jobEvent } from "../job-event.ts";
import { deleteSecrets } from "../store/secrets.ts";

/**
 * What belongs to every change of a job's state, in the transaction of that change: the event that tells of it, and with
 * the end of a job the end of its secrets.
 */
export const tellChange = async (tx: Tx, job: Job): Promise<void> => {
  await emit(tx, jobEvent(job));
  if (isOver(job)) await deleteSecrets(tx, job);
};
