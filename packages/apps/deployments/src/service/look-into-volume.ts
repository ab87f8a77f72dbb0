import type { Reason } from "@homeport/ci/contract.ts";
import type { TaskResult, TaskSpec } from "@homeport/clusters/contract.ts";
import { audit } from "@homeport/kit/audit/audit.ts";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import { pause } from "@homeport/kit/lease/waker.ts";
import type { NodeTaskState, Outside } from "../ports.ts";
import { reasonOf } from "../reason.ts";
import { findUsage, saveUsage, type VolumeUsage } from "../store/volume-usage.ts";
import { volumeEntry } from "./volume-events.ts";
import type { VolumePlace } from "./volume-operations.ts";

/** What a request may wait for a node. */
const WAIT_MS = 10_000;
const LOOK_MS = 200;
/** A little longer than anybody waits. */
const TASK_SECONDS = 15;
/** Measuring walks through all files, so figures that are this fresh are good enough. */
const FRESH_MS = 5_000;
/** Looks into one volume at once, in this process. */
const MAX_AT_ONCE = 4;

export type UsageView = VolumeUsage & { stale: Reason | null };
type Browsed = Extract<TaskResult, { kind: "volume.browse" }>;

/** Looks into volumes: asks the node, and waits a while for its answer. */
export const createVolumeLooks = (sql: Sql, { tasks }: Pick<Outside, "tasks">, stopping: AbortSignal) => {
  const busy = new Map<string, number>();

  const askNode = async ({ volume }: VolumePlace, spec: TaskSpec, gone: AbortSignal): Promise<NodeTaskState> => {
    const { nodeId } = volume;
    if (nodeId === null) return { state: "failed", reason: NEVER_USED };
    const id = Bun.randomUUIDv7();
    const giveUp = AbortSignal.any([stopping, gone, AbortSignal.timeout(WAIT_MS)]);
    for (;;) {
      const task = await tasks.put({ id, nodeId, epoch: 0, deadlineSeconds: TASK_SECONDS, spec });
      if (task.state !== "underway" || giveUp.aborted) return task;
      await pause(LOOK_MS, giveUp);
    }
  };

  /** @throws {DomainError} rate_limited */
  const ask = async (place: VolumePlace, spec: TaskSpec, gone: AbortSignal): Promise<NodeTaskState> => {
    const { dataId } = place.volume;
    const count = busy.get(dataId) ?? 0;
    if (count >= MAX_AT_ONCE) {
      throw new DomainError("rate_limited", "Others are looking into this volume right now. Try again in a moment.");
    }
    busy.set(dataId, count + 1);
    try {
      return await askNode(place, spec, gone);
    } finally {
      const left = (busy.get(dataId) ?? 1) - 1;
      if (left === 0) busy.delete(dataId);
      else busy.set(dataId, left);
    }
  };

  const measure = async (place: VolumePlace, gone: AbortSignal): Promise<VolumeUsage | Reason> => {
    const { dataId, organisationId } = place.volume;
    const spec: TaskSpec = { kind: "volume.usage", volumeId: dataId };
    const task = await ask(place, spec, gone).catch((err: unknown): NodeTaskState => {
      if (err instanceof DomainError && err.code === "unavailable") return { state: "failed", reason: UNAVAILABLE };
      throw err;
    });
    if (task.state === "underway") return UNAVAILABLE;
    if (task.state === "failed") return task.reason;
    if (task.result.kind !== "volume.usage") throw new DomainError("internal", "A node answered something else.");
    const { bytes, files, sizeMiB, enforced } = task.result;
    const usage = { bytes, files, sizeMiB, enforced, measuredAt: new Date() };
    await saveUsage(sql, { dataId, organisationId }, usage);
    return usage;
  };

  return {
    /**
     * What a volume takes, or took when its node was last asked.
     *
     * @throws {DomainError} unavailable, not_found or conflict, when it was never measured and cannot be now
     */
    async usage(place: VolumePlace, gone: AbortSignal): Promise<UsageView> {
      const last = await findUsage(sql, place.volume.dataId);
      if (last !== null && Date.now() - last.measuredAt.getTime() < FRESH_MS) return { ...last, stale: null };
      const measured = await measure(place, gone);
      if ("bytes" in measured) return { ...measured, stale: null };
      if (last === null) throw refusal(measured);
      return { ...last, stale: measured };
    },

    /**
     * A folder's entries, or the beginning of a file; whoever reads a file is told of in the audit log.
     *
     * @throws {DomainError} not_found, conflict, unavailable
     */
    async browse(place: VolumePlace, path: string, gone: AbortSignal): Promise<Browsed> {
      const task = await ask(place, { kind: "volume.browse", volumeId: place.volume.dataId, path }, gone);
      if (task.state === "underway") throw refusal(UNAVAILABLE);
      if (task.state === "failed") throw refusal(task.reason);
      const { result } = task;
      if (result.kind !== "volume.browse") throw new DomainError("internal", "A node answered something else.");
      if (result.found.type === "file") {
        const after = { path, environment: place.service.environmentSlug };
        await audit(sql, { ...volumeEntry("volume:browse", place), after });
      }
      return result;
    },
  };
};

export type VolumeLooks = ReturnType<typeof createVolumeLooks>;

const NEVER_USED = reasonOf(
  "volume_not_found",
  "The volume was never used yet, so there is nothing in it. Deploy the service first.",
);
const UNAVAILABLE = reasonOf("node_unreachable", "The node that the volume is on did not answer in time.");

/** What a node's reason is to whoever asked. */
const refusal = ({ code, message }: Reason): DomainError => {
  if (code === "path_not_found") return new DomainError("not_found", message);
  if (code === "volume_not_found" || code === "path_not_readable") return new DomainError("conflict", message);
  return new DomainError("unavailable", message);
};
