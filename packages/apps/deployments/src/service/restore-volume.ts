import { audit } from "@homeport/kit/audit/audit.ts";
import type { Tx } from "@homeport/kit/db/connect.ts";
import { DomainError, invariant } from "@homeport/kit/errors.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import type { Change } from "../change.ts";
import type { Outside } from "../ports.ts";
import type { Service } from "../service.ts";
import { type ProjectState, volumesOf } from "../state/project-state.ts";
import { bringBackData, forgetUnplaced, raiseGeneration } from "../store/kept-volumes.ts";
import { findMounting, mayMount } from "../store/mounts.ts";
import { findService } from "../store/services.ts";
import { findVolumeData, keepData, settleVolumeNode } from "../store/volumes.ts";
import type { KeptVolume, Volume } from "../volume.ts";
import { type ApplyContext, applyAtOnce } from "./apply-at-once.ts";
import type { Caller } from "./caller.ts";
import { describe, keptEntry } from "./kept-volumes.ts";
import { serviceResource } from "./loaders.ts";
import { requireRight } from "./require-rights.ts";

export type WantedRestore = {
  /** By id or slug. */
  service: string;
  environment?: string | undefined;
  /** As they were unless given. */
  slug?: string | undefined;
  path?: string | undefined;
};

const NEW = "tmp_new";

/**
 * Gives a service in one environment what a removed volume held: as the data of its volume of that name, or of a new one.
 * What its volume held there is kept in turn. The next deployment has it.
 *
 * @throws {DomainError} not_found; conflict, while something else still has it mounted, when the service's other volumes
 *   are on another node, or once it is being deleted
 */
export const createRestoreVolume =
  (context: ApplyContext, { volumeNodes }: Pick<Outside, "volumeNodes">) =>
  async (
    scope: Scope,
    kept: KeptVolume,
    wanted: WantedRestore,
    caller: Caller,
  ): Promise<{ service: Service; volume: Volume }> => {
    const service = await findService(context.sql, scope, kept.projectId, wanted.service, wanted.environment);
    if (service === null) throw new DomainError("not_found", "There is no such service.");
    const where = `${service.slug} in ${service.environmentSlug}`;
    requireRight(caller.may, { action: "service:update", resource: serviceResource(service), where }, "apply");
    if (kept.workloadId !== service.workloadId) {
      const running = await volumeNodes.listRunning(kept.workloadId);
      if (await mayMount(context.sql, running, kept.id)) {
        const { service: former, environment } = kept.was;
        const message = `${former} in ${environment} still runs with ${kept.was.slug}. Once it has stopped, try again.`;
        throw new DomainError("conflict", message);
      }
    }
    const { slug = kept.was.slug } = wanted;
    await applyAtOnce(context, kept.projectId, (state) => volumeFor(state, service, kept, { ...wanted, slug }), {
      caller,
      deploy: "none",
      extra: (tx, { state }) => bringBack(tx, { kept, service, slug, caller }, state),
    });
    const volume = await findVolumeData(context.sql, service.workloadId, slug);
    if (volume === null) throw new DomainError("not_found", "The volume was removed meanwhile.");
    return { service, volume };
  };

export type RestoreVolume = ReturnType<typeof createRestoreVolume>;

/** The change that makes a volume for it; none when the service has one of that name. */
const volumeFor = (
  state: ProjectState,
  service: Service,
  { was }: KeptVolume,
  { slug, path }: WantedRestore & { slug: string },
): Change[] => {
  const known = volumesOf(state, service.id).find((each) => each.slug === slug);
  if (known !== undefined) {
    if (path === undefined || path === known.path) return [];
    throw new DomainError("conflict", `${service.slug} has its volume ${slug} at ${known.path}, not at ${path}.`);
  }
  const size = was.sizeMiB === null ? {} : { sizeMiB: was.sizeMiB };
  return [{ op: "volume.create", tempId: NEW, service: service.id, slug, path: path ?? was.path, ...size }];
};

type Restoring = { kept: KeptVolume; service: Service; slug: string; caller: Caller };

const bringBack = async (tx: Tx, { kept, service, slug, caller }: Restoring, state: ProjectState): Promise<void> => {
  const { workloadId, organisationId, projectId } = service;
  const volume = volumesOf(state, service.id).find((each) => each.slug === slug);
  invariant(volume !== undefined, "the volume was there, or was made just now");
  const mounting = await findMounting(tx, kept);
  if (mounting !== null && mounting.workloadId !== workloadId) {
    const message = `Release ${mounting.number} of ${mounting.service} in ${mounting.environment} still has it mounted. Deploy ${mounting.service} there first.`;
    throw new DomainError("conflict", message);
  }
  const former = await findVolumeData(tx, workloadId, volume.id);
  if (former !== null && !(await forgetUnplaced(tx, former.dataId))) await keepData(tx, { dataIds: [former.dataId] });
  const brought = await bringBackData(tx, kept.id, { volumeId: volume.id, workloadId });
  if (brought === null) throw new DomainError("conflict", "It is being deleted, or was brought back already.");
  await raiseGeneration(tx, workloadId, brought.epoch);
  if (kept.nodeId !== null && (await settleVolumeNode(tx, workloadId, kept.nodeId)) !== kept.nodeId) {
    const message = `The volumes of ${service.slug} in ${service.environmentSlug} are on another node than ${kept.was.slug} is.`;
    throw new DomainError("conflict", message);
  }
  const after = { service: service.slug, environment: service.environmentSlug, volume: slug };
  await audit(tx, { ...keptEntry("service:update", kept), before: describe(kept), after });
  await emit(tx, {
    type: "deployments.volume.restored",
    source: "deployments",
    organisationId,
    projectId,
    subject: volume.id,
    data: { slug, serviceId: service.id, serviceSlug: service.slug, environment: service.environmentSlug },
    actor: caller.actor,
  });
};
