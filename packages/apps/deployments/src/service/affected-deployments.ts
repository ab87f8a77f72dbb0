import type { Tx } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { DeploymentId } from "@homeport/kit/ids.ts";
import { decideDeployment, isBuiltOtherwise } from "../affected.ts";
import type { Service } from "../service.ts";
import type { Problem } from "../state/config.ts";
import type { ProjectState } from "../state/project-state.ts";
import { listAllServices } from "../store/services.ts";
import { listSlots } from "../store/slots.ts";
import type { Caller } from "./caller.ts";
import { type ConfigContext, type Configs, configsOf } from "./config-of.ts";
import type { Loaded } from "./load-state.ts";
import { serviceResource } from "./loaders.ts";
import { queueDeployment } from "./queue-deployment.ts";

export type Deployed = { service: string; environment: string; deploymentId: DeploymentId };
export type NotDeployed = { service: string; environment: string; reason: string };

export type Deployments = { deployments: Deployed[]; notDeployed: NotDeployed[]; problems: Problem[] };

/**
 * Deploys what a set of changes, which this transaction wrote, makes different from what runs: each workload once.
 *
 * @throws {DomainError} forbidden, when the caller may change something that runs, but not deploy it
 */
export const deployAffected = async (
  tx: Tx,
  context: ConfigContext,
  before: Loaded & { former: Configs },
  after: ProjectState,
  caller: Caller,
): Promise<Deployments> => {
  const services = await listAllServices(tx, after.project.id);
  const slots = new Map((await listSlots(tx, after.project.id)).map((slot) => [slot.workloadId, slot]));
  const labels = new Map(services.map(({ workloadId, hostLabel }) => [workloadId, hostLabel]));
  const configs = await configsOf(tx, context, { ...before, state: after, labels });
  const outcome: Deployments = {
    deployments: [],
    notDeployed: [],
    problems: [...configs.values()].flatMap(({ problems }) => problems),
  };
  const environments = [...after.environments.values()];
  for (const service of services) {
    const { workloadId, slug, environmentSlug } = service;
    const slot = slots.get(workloadId);
    const environment = after.environments.get(service.environmentId);
    const config = configs.get(workloadId);
    if (slot === undefined || environment === undefined) continue;
    const place = { service: slug, environment: environmentSlug };
    if (config === undefined) {
      if (slot.isLive) outcome.notDeployed.push({ ...place, reason: "One of its values cannot be read. Set it anew." });
      continue;
    }
    const was = before.state.services.get(service.id);
    const former = before.former.get(workloadId);
    const decision = decideDeployment({
      isNewService: was === undefined,
      isLive: slot.isLive,
      isUnderWay: slot.isUnderWay,
      waiting: slot.waitingCause,
      // What was changed before and not deployed is not for this set of changes to deploy.
      isTouched: former?.digest !== config.digest,
      // Of releases from before there were digests nothing is known but what the configuration was.
      digestBefore: slot.digest ?? former?.digest ?? null,
      digestAfter: config.digest,
      source: service.source,
      isBuiltAnew: was !== undefined && isBuiltAnew(was, service),
      environment,
      environments,
      autoDeploy: config.settings.autoDeploy,
    });
    if (decision.deploy === "no") continue;
    if (decision.deploy === "cannot") {
      outcome.notDeployed.push({ ...place, reason: decision.reason });
      continue;
    }
    if (decision.deploy === "waiting") {
      if (slot.waitingId !== null) outcome.deployments.push({ ...place, deploymentId: slot.waitingId });
      continue;
    }
    if (!caller.may("deployment:create", serviceResource(service))) {
      const reason = `Your role or token does not allow deployment:create in ${environmentSlug}.`;
      if (!decision.isFirst) throw new DomainError("forbidden", `${reason} Apply without deploying ${slug}.`);
      outcome.notDeployed.push({ ...place, reason });
      continue;
    }
    const deploymentId = await queueDeployment(tx, service, decision.cause, caller.actor);
    outcome.deployments.push({ ...place, deploymentId });
  }
  return outcome;
};

const isBuiltAnew = (was: Pick<Service, "source" | "settings">, { source, settings }: Service): boolean =>
  !Bun.deepEquals(was.source, source) || isBuiltOtherwise(was.settings, settings);
