import type { Reason } from "@homeport/ci/contract.ts";
import { audit } from "@homeport/kit/audit/audit.ts";
import type { Db, Tx } from "@homeport/kit/db/connect.ts";
import type { DeploymentId, ServiceId } from "@homeport/kit/ids.ts";
import type { Initiator } from "../actor.ts";
import { judgeHead } from "../branch-head.ts";
import type { DeliveryAnswer, PushResult } from "../delivery-answer.ts";
import type { BranchPush, Push } from "../push.ts";
import { decidePush, environmentOfPush } from "../push-decision.ts";
import { reasonOf } from "../reason.ts";
import { repositoryOf } from "../repository-url.ts";
import type { Service } from "../service.ts";
import { deleteHead, lockHead, type RepositoryPlace, writeHead } from "../store/branch-heads.ts";
import { listEnvironments } from "../store/environments.ts";
import { retireBranchLabels } from "../store/host-labels.ts";
import { cancelBuildOf, cancelQueuedOf, findUnfinishedOf, type Pushed } from "../store/pushed.ts";
import { listAllServices } from "../store/services.ts";
import { lockWorkload } from "../store/workloads.ts";
import { serviceEntry } from "./audit-entry.ts";
import { emitDeployment } from "./events.ts";
import { queueDeployment } from "./queue-deployment.ts";

/** A repository as a project knows it, and whose deed its pushes are; `only` these services are deployed by them, if given. */
export type PushPlace = RepositoryPlace & { actor: Initiator; only?: ReadonlySet<ServiceId> };

/**
 * Does what a push asks for, as part of the transaction that took note of it: however often and wherever a push is heard
 * of, its deployments are queued once, and the newest push of a branch is the one that stays.
 */
export const takePush = async (tx: Tx, place: PushPlace, push: Push): Promise<DeliveryAnswer> => {
  const answer = (message: string, more: Partial<DeliveryAnswer> = {}): DeliveryAnswer => ({
    event: push.kind === "branch" ? "push" : push.kind,
    branch: null,
    commit: null,
    message,
    results: [],
    ...more,
  });
  switch (push.kind) {
    case "ping":
      return answer("Heard. Pushes to this repository will be deployed.");
    case "other":
      return answer(`Nothing to do: ${push.what} deploys nothing.`);
    case "tag":
      return answer(`Nothing to do: ${push.tag} is a tag, and branches are deployed.`);
    case "branch":
    case "branch_deleted": {
      const services = await servicesOf(tx, place);
      const about = { branch: push.branch, commit: push.kind === "branch" ? push.commit : null };
      if (push.kind === "branch_deleted") {
        const results = await dropBranch(tx, place, push.branch, services);
        return answer(`The branch ${push.branch} is gone. Nothing is deployed for it.`, { ...about, results });
      }
      if (services.length === 0) {
        return answer("Nothing to do: no service of the project is built from this repository.", about);
      }
      const { message, results } = await takeBranch(tx, place, push, services);
      return answer(message, { ...about, results });
    }
  }
};

/** Services that are built from a repository, in all environments. */
export const servicesOf = async (tx: Db, { projectId, repository, only }: PushPlace): Promise<Service[]> =>
  (await listAllServices(tx, projectId)).filter(
    ({ id, source }) =>
      source.kind === "git" && repositoryOf(source.url) === repository && (only === undefined || only.has(id)),
  );

const takeBranch = async (
  tx: Tx,
  place: PushPlace,
  push: BranchPush,
  services: readonly Service[],
): Promise<{ message: string; results: PushResult[] }> => {
  const verdict = judgeHead(await lockHead(tx, place, push.branch), push);
  if (verdict.verdict === "same") {
    return { message: `Nothing to do: ${push.branch} was at ${short(push.commit)} already.`, results: [] };
  }
  if (verdict.verdict === "older") {
    return { message: `Nothing to do: a newer push to ${push.branch} was taken before this one came.`, results: [] };
  }
  await writeHead(tx, place, push.branch, verdict.head);
  const [{ organisationId }] = services as [Service, ...Service[]];
  const environments = await listEnvironments(tx, { id: place.projectId, organisationId });
  const results: PushResult[] = [];
  // One after the other, in the order in which everybody locks workloads.
  for (const decision of decidePush(push, services, environments)) {
    if (decision.deploy) results.push(await deployPush(tx, place, push, decision.service));
    else results.push({ service: decision.service, environment: decision.environment, reason: decision.reason });
  }
  const count = results.filter(({ deployment }) => deployment !== undefined).length;
  const what = count === 0 ? "Nothing is" : count === 1 ? "One service is" : `${count} services are`;
  return { message: `${what} deployed for ${short(push.commit)} of ${push.branch}.`, results };
};

/** Queues the deployment of a pushed commit; what is being built of an older one of its branch is stopped. */
export const deployPush = async (
  tx: Tx,
  { actor }: Pick<PushPlace, "actor">,
  { branch, commit }: Pick<BranchPush, "branch" | "commit">,
  service: Service,
): Promise<PushResult> => {
  const { slug, environmentSlug: environment, workloadId, source } = service;
  if (source.kind !== "git") return { service: slug, environment, reason: "It is not deployed from git any more." };
  await lockWorkload(tx, workloadId);
  const known = await findUnfinishedOf(tx, workloadId, branch, commit);
  if (known !== null) return { service: slug, environment, deployment: known, reason: "It is on its way already." };
  const reason = reasonOf("newer_push", `A newer push to ${branch} (${short(commit)}) takes its place.`);
  for (const stopped of await cancelBuildOf(tx, workloadId, branch, commit, actor, reason)) {
    await tellCancel(tx, service, stopped, actor, "cancelling", reason);
  }
  const cause = {
    kind: "build" as const,
    source: { kind: "git" as const, url: source.url, ref: branch, commit, branch },
  };
  const deployment = await queueDeployment(tx, service, cause, actor, {
    reason: `Push of ${short(commit)} to ${branch}`,
  });
  return { service: slug, environment, deployment };
};

/** What was only there for a branch goes with it: its address, and what waits to be built of it. What is live stays. */
const dropBranch = async (
  tx: Tx,
  place: PushPlace,
  branch: string,
  services: readonly Service[],
): Promise<PushResult[]> => {
  await lockHead(tx, place, branch);
  await deleteHead(tx, place, branch);
  const workloads = new Map(services.map((service) => [service.workloadId, service]));
  const ids = [...workloads.keys()];
  const labels = await retireBranchLabels(tx, ids, branch);
  const reason = reasonOf("branch_deleted", `The branch ${branch} was deleted.`);
  const ended = new Map<string, DeploymentId>();
  for (const cancelled of await cancelQueuedOf(tx, ids, branch, place.actor, reason)) {
    const service = workloads.get(cancelled.workloadId);
    if (service === undefined) continue;
    ended.set(cancelled.workloadId, cancelled.id);
    await tellCancel(tx, service, cancelled, place.actor, "cancelled", reason);
  }
  if (services.length === 0) return [];
  const environments = await listEnvironments(tx, { id: place.projectId, organisationId: place.organisationId });
  const affected = services.filter(
    ({ workloadId, environmentId, source }) =>
      ended.has(workloadId) || environmentOfPush(environments, source, branch, null)?.id === environmentId,
  );
  return affected.map(({ workloadId, slug: service, environmentSlug: environment }) => ({
    service,
    environment,
    reason: ended.has(workloadId)
      ? `Its deployment ${ended.get(workloadId)} was cancelled: the branch was deleted.`
      : `The branch was deleted; what is live stays${labels.length > 0 ? ", without the branch's address" : ""}.`,
  }));
};

const tellCancel = async (
  tx: Tx,
  service: Service,
  { id, cause }: Pushed,
  actor: Initiator,
  what: "cancelling" | "cancelled",
  reason: Reason,
): Promise<void> => {
  await emitDeployment(tx, what, { id, cause }, service, actor, reason);
  await audit(tx, {
    ...serviceEntry("deployment:cancel", service),
    subject: { kind: "deployment", id, name: service.slug },
    reason: reason.message,
  });
};

const short = (commit: string): string => commit.slice(0, 7);
