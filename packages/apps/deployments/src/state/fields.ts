import type { EnvironmentState, ProjectState, ServiceState, VolumeState } from "./project-state.ts";

/** What is told of a thing in a diff and in the audit log, field by field. */
export const diffFields = {
  environment: ({ slug, branchPattern, position }: EnvironmentState): Record<string, unknown> => ({
    slug,
    branchPattern,
    position,
  }),
  /** Its name and group only where these differ in what it is compared with; settings each on their own. */
  service: (
    { slug, source, settings, groupId, template }: ServiceState,
    state: ProjectState,
  ): Record<string, unknown> => ({
    slug,
    group: groupId === null ? null : (state.groups.get(groupId)?.slug ?? null),
    source,
    ...(template === null ? {} : { template }),
    ...settings,
  }),
  volume: ({ slug, path, sizeMiB }: VolumeState): Record<string, unknown> => ({ slug, path, sizeMiB }),
};
