import type { AppContext } from "@homeport/kit/app.ts";
import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { WorkloadId } from "@homeport/kit/ids.ts";
import { leaseLoop } from "@homeport/kit/lease/lease-loop.ts";
import { pinKeyOf } from "../deployment.ts";
import type { Images } from "../ports.ts";
import { type RetentionRule, releasesToCollect } from "../retention.ts";
import type { Service } from "../service.ts";
import { removeUnusedLabels } from "../store/host-labels.ts";
import {
  type ClaimedLook,
  claimLooks,
  collectReleases,
  giveBackLook,
  LOOK_LEASE_SECONDS,
  listCollectable,
  listImagesToRelease,
  renewLook,
  setImageReleased,
} from "../store/retention.ts";
import { getServiceOfWorkload } from "../store/services.ts";
import { lockWorkload } from "../store/workloads.ts";
import { serviceEntry } from "./audit-entry.ts";

/** Releases and labels that go in one transaction, and images that are given back in a row. */
const BATCH = 50;
/** A new release is looked at soon; this is for those that only grow old, and for settings that change. */
const LOOK_EVERY_MS = 60 * 60_000;
const EVERY_MS = 15_000;
const BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 10 * 60_000;

type Parts = { sql: Sql; images: Pick<Images, "unpin">; rule: () => RetentionRule };

/**
 * Looks at the releases of a workload once: collects what is not kept any more, lets go of the addresses that nothing kept
 * answers to, and gives images back. Whatever was collected and not told to the registry is found by the next look. True
 * when there may be more to do.
 *
 * @throws what went wrong, when it is to be tried again
 */
export const lookAtRetention = async (parts: Parts, workloadId: WorkloadId): Promise<boolean> => {
  const { sql, images, rule } = parts;
  const isFull = await sql.begin(async (tx) => {
    const service = await getServiceOfWorkload(tx, workloadId);
    return service === null ? false : collect(tx, service, rule());
  });
  const toRelease = await listImagesToRelease(sql, workloadId, BATCH);
  for (const { id, madeBy } of toRelease) {
    if (madeBy !== null) await images.unpin(pinKeyOf(madeBy));
    await setImageReleased(sql, id); // one by one: each call was made, whatever becomes of the next
  }
  return isFull || toRelease.length === BATCH;
};

const collect = async (tx: Tx, service: Service, rule: RetentionRule): Promise<boolean> => {
  const { workloadId, organisationId, projectId, slug, environmentSlug } = service;
  await lockWorkload(tx, workloadId); // what is live, and what is deployed, stays as it is meanwhile
  const due = releasesToCollect(await listCollectable(tx, workloadId), rule, new Date()).slice(0, BATCH);
  const collected = await collectReleases(
    tx,
    due.map(({ id }) => id),
  );
  const labels = await removeUnusedLabels(tx, workloadId, BATCH);
  // Those that others hold were passed over: they are for the next look.
  const isFull = (due.length === BATCH && collected.length > 0) || labels.length === BATCH;
  if (collected.length === 0) return isFull;
  const releases = collected.map(({ number }) => number);
  await emit(tx, {
    type: "deployments.releases.collected",
    source: "deployments",
    organisationId,
    projectId,
    subject: workloadId,
    data: { serviceId: service.id, serviceSlug: slug, environment: environmentSlug, releases },
  });
  await audit(tx, {
    ...serviceEntry("release:collect", service),
    reason: `Retention: ${rule.keptCount} releases are kept, and those of ${rule.keepDays} days`,
    before: { environment: environmentSlug, releases },
    after: null,
  });
  return isFull;
};

/** Looks at all workloads, each when it has a new release and once an hour, until the app stops. */
export const startRetention = (
  { sql, log, signal }: Pick<AppContext, "sql" | "log" | "signal">,
  images: Images,
  rule: () => RetentionRule,
): { done: Promise<void> } => {
  const run = async (look: ClaimedLook, stopping: AbortSignal): Promise<void> => {
    const { workloadId, attempt } = look;
    try {
      let hasMore = true;
      while (hasMore && !stopping.aborted) hasMore = await lookAtRetention({ sql, images, rule }, workloadId);
      await giveBackLook(sql, look, hasMore ? 0 : LOOK_EVERY_MS, false);
    } catch (err) {
      log.warn({ err, workloadId, attempt }, "the releases of a workload could not be looked at; it is tried again");
      await giveBackLook(sql, look, Math.min(BACKOFF_MS * 2 ** Math.min(attempt, 10), MAX_BACKOFF_MS), true);
    }
  };
  return leaseLoop({
    name: "deployments.retention",
    claim: (limit) => claimLooks(sql, limit),
    run,
    lease: { ms: LOOK_LEASE_SECONDS * 1000, renew: (look) => renewLook(sql, look) },
    everyMs: EVERY_MS,
    concurrency: 1,
    signal,
  });
};
