import type { Tx } from "@homeport/kit/db/connect.ts";
import { invariant } from "@homeport/kit/errors.ts";
import type { EnvironmentId, WorkloadId } from "@homeport/kit/ids.ts";
import type { Keyring } from "@homeport/kit/keys/keyring.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { diffStates } from "../state/diff.ts";
import { getEnvironment, getService, type ProjectState } from "../state/project-state.ts";
import { lookAtCrons } from "../store/cron-schedules.ts";
import { deleteEnvironment } from "../store/environments.ts";
import { deleteService } from "../store/services.ts";
import { insertTeardowns } from "../store/teardowns.ts";
import { insertMissingData, keepData } from "../store/volumes.ts";
import { insertWorkload } from "../store/workloads.ts";
import {
  deleteAttachment,
  deleteGroups,
  deleteVariables,
  deleteVolumes,
  type Place,
  setNamesAside,
  writeAttachment,
  writeEnvironment,
  writeGroup,
  writeOverrides,
  writeProject,
  writeService,
  writeVariable,
  writeVolume,
} from "../store/write-state.ts";
import { sealVariable } from "./env.ts";

/**
 * Writes what differs between two states of a project, which the transaction has locked; the later one has its versions
 * (`stampVersions`). Gives the workloads that went: what runs of them is left to the teardowns that are noted here.
 *
 * Rows are written one by one: a set of changes is at most a thousand, and most are a handful.
 *
 * @throws {DomainError} conflict, when a project of that name exists
 */
export const writeState = async (
  tx: Tx,
  keys: Keyring,
  before: ProjectState,
  after: ProjectState,
): Promise<WorkloadId[]> => {
  const place: Place = { organisationId: before.organisationId, id: before.project.id };
  const diff = diffStates(before, after);
  const gone = diff.workloads.flatMap(({ before: was, after: is }) => (was !== null && is === null ? [was.id] : []));
  if (gone.length > 0) await insertTeardowns(tx, gone);
  await takeVolumesAway(tx, diff, gone);
  for (const { before: was, after: is } of diff.services)
    if (was !== null && is === null) await deleteService(tx, was.id);
  for (const { before: was, after: is } of diff.environments) {
    if (was !== null && is === null) await deleteEnvironment(tx, was.id as EnvironmentId);
  }
  if (before.project.slug !== after.project.slug) await writeProject(tx, place, after.project);
  await setAside(tx, diff);
  for (const { after: is } of diff.environments) if (is !== null) await writeEnvironment(tx, place, is);
  for (const { after: is } of diff.groups) if (is !== null) await writeGroup(tx, place, is);
  for (const { after: is } of diff.services) if (is !== null) await writeService(tx, place, is);
  const goneGroups = diff.groups.flatMap(({ before: was, after: is }) => (was !== null && is === null ? [was.id] : []));
  if (goneGroups.length > 0) await deleteGroups(tx, goneGroups);
  for (const { before: was, after: is } of diff.workloads) {
    if (is === null) continue;
    if (was === null) await makeWorkload(tx, after, is.id);
    if (was !== null || Object.keys(is.overrides).length > 0) await writeOverrides(tx, is);
  }
  await writeVariables(tx, keys, place, diff.variables);
  for (const { before: was, after: is } of diff.attachments) {
    if (is !== null) await writeAttachment(tx, place, is);
    else if (was !== null) await deleteAttachment(tx, was);
  }
  await writeVolumes(tx, place, diff);
  await lookAtCrons(tx, place.id);
  return gone;
};

type Diff = ReturnType<typeof diffStates>;

/** While all that the data belonged to is still known: names are kept with it. */
const takeVolumesAway = async (tx: Tx, { volumes }: Diff, workloadIds: readonly WorkloadId[]): Promise<void> => {
  const volumeIds = volumes.flatMap(({ before: was, after: is }) => (was !== null && is === null ? [was.id] : []));
  if (volumeIds.length + workloadIds.length > 0) await keepData(tx, { volumeIds, workloadIds });
  if (volumeIds.length > 0) await deleteVolumes(tx, volumeIds);
};

/** Each environment of a service has its own data of each volume, also one that is new. */
const writeVolumes = async (tx: Tx, place: Place, { volumes, workloads }: Diff): Promise<void> => {
  for (const { after: is } of volumes) if (is !== null) await writeVolume(tx, place, is);
  if (volumes.length + workloads.length > 0) await insertMissingData(tx, place);
};

const setAside = async (tx: Tx, diff: Diff): Promise<void> => {
  for (const table of ["environments", "groups", "services", "volumes"] as const) {
    const pairs: { before: { id: string; slug: string } | null; after: { slug: string } | null }[] = diff[table];
    const ids = pairs.flatMap(({ before: was, after: is }) =>
      was !== null && is !== null && was.slug !== is.slug ? [was.id] : [],
    );
    if (ids.length > 0) await setNamesAside(tx, { table, ids });
  }
};

const makeWorkload = async (tx: Tx, state: ProjectState, id: WorkloadId): Promise<void> => {
  const workload = state.workloads.get(id);
  invariant(workload !== undefined, "a workload that was made is in the state");
  const service = getService(state, workload.serviceId);
  const { organisationId, project } = state;
  const named = { id: service.id, organisationId, slug: service.slug, projectSlug: project.slug };
  await insertWorkload(tx, named, getEnvironment(state, workload.environmentId), id);
};

const writeVariables = async (tx: Tx, keys: Keyring, place: Place, pairs: Diff["variables"]): Promise<void> => {
  const gone = pairs.flatMap(({ before: was, after: is }) =>
    was !== null && is === null ? [{ scopeId: was.scope.id as string, name: was.name }] : [],
  );
  if (gone.length > 0) await deleteVariables(tx, gone);
  for (const { after: is } of pairs) {
    if (is === null) continue;
    const { value, refers, scope: of, name, version, isEdited } = is;
    const scope = { organisationId: place.organisationId, scopeId: is.scope.id };
    const sealed = sealVariable(keys, scope, name, new Secret(value.reveal()));
    await writeVariable(tx, place, { scope: of, name, sealed, refs: refers, version, isEdited });
  }
};
