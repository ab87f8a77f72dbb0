import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { DeploymentId } from "@homeport/kit/ids.ts";
import type { Actor } from "../actor.ts";
import type { SecretGroup } from "../secret-group.ts";
import type { Service } from "../service.ts";
import { listUnfinished } from "../store/deployments.ts";
import { listWorkloadsOf, listWorkloadsReferring } from "../store/secret-attachments.ts";
import { getServiceOfWorkload } from "../store/services.ts";
import { lockWorkload } from "../store/workloads.ts";
import { queueDeployment } from "./queue-deployment.ts";

export type Redeployed = { service: string; deploymentId: DeploymentId };

/** Deploys anew what is live, with the secrets of now. */
export const createRedeployUsers = (sql: Sql, wake: () => void) => {
  /**
   * A deployment that waits takes the secrets when its turn comes, so it is the one; superseding it would lose the code it
   * brings. Null when that is a rollback: it is to bring the values of then.
   */
  const redeploy = (service: Service, actor: Actor): Promise<DeploymentId | null> =>
    sql.begin(async (tx) => {
      await lockWorkload(tx, service.workloadId);
      const waiting = (await listUnfinished(tx, service.workloadId)).find(({ state }) => state === "queued");
      if (waiting !== undefined) return waiting.cause.kind === "release" ? null : waiting.id;
      return queueDeployment(tx, service, { kind: "configuration" }, actor);
    });

  /** The services that have the group attached, or refer to it, and have something live; each once, however much has changed. */
  return async (group: SecretGroup, actor: Actor): Promise<Redeployed[]> => {
    const redeployed: Redeployed[] = [];
    // One after the other: each is a transaction of its own, so that one that was removed meanwhile keeps no other back.
    for (const workloadId of [...(await listWorkloadsOf(sql, group)), ...(await listWorkloadsReferring(sql, group))]) {
      const service = await getServiceOfWorkload(sql, workloadId);
      if (service === null || service.currentReleaseId === null) continue;
      const deploymentId = await redeploy(service, actor).catch(nullWhenGone);
      if (deploymentId !== null) redeployed.push({ service: service.slug, deploymentId });
    }
    wake();
    return redeployed.toSorted((a, b) => (a.service < b.service ? -1 : 1));
  };
};

export type RedeployUsers = ReturnType<typeof createRedeployUsers>;

const nullWhenGone = (err: unknown): null => {
  if (err instanceof DomainError && err.code === "not_found") return null;
  throw err;
};
