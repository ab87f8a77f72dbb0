import type { Settings } from "../settings.ts";
import type { Mount, VolumeDataId } from "../volume.ts";
import { type ProjectState, volumesOf, type WorkloadState } from "./project-state.ts";

/** The data of volumes by `dataKey`. */
export type DataIds = ReadonlyMap<string, VolumeDataId>;

export const dataKey = (volumeId: string, workloadId: string): string => `${volumeId}/${workloadId}`;

/** The volumes of a workload as its next release has them mounted, by where they are. */
export const mountsOf = (state: ProjectState, { id, serviceId }: WorkloadState, dataIds: DataIds): Mount[] =>
  volumesOf(state, serviceId)
    .map(({ id: volumeId, slug: name, path, sizeMiB }) => {
      // Of a state that was, the data may be out of use by now; such a configuration is only compared, and runs nowhere.
      const dataId = dataIds.get(dataKey(volumeId, id)) ?? volumeId;
      return { volumeId: dataId, name, path, ...(sizeMiB === null ? {} : { sizeMiB }) };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));

/** What a service with volumes is run with: the release before is gone before the next one begins. */
export const settingsWithVolumes = (settings: Settings, hasVolumes: boolean): Settings =>
  hasVolumes && settings.strategy.kind === "rolling" ? { ...settings, strategy: { kind: "recreate" } } : settings;
