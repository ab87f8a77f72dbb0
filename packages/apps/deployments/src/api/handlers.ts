import type { Handlers } from "@homeport/kit/http/api.ts";
import type { contract } from "../contract.ts";
import type { UseCases } from "../service/use-cases.ts";
import { bindingHandlers } from "./bindings.ts";
import { canvasHandlers } from "./canvas.ts";
import { changeHandlers } from "./changes.ts";
import { deploymentHandlers } from "./deployments.ts";
import { environmentHandlers } from "./environments.ts";
import { gitCredentialHandlers } from "./git-credentials.ts";
import { groupHandlers } from "./groups.ts";
import { hookHandlers } from "./hooks.ts";
import { projectHandlers } from "./projects.ts";
import { releaseHandlers } from "./releases.ts";
import { repositoryHandlers } from "./repositories.ts";
import { cronHandlers, runHandlers } from "./runs.ts";
import { secretAttachmentHandlers } from "./secret-attachments.ts";
import { secretGroupHandlers } from "./secret-groups.ts";
import { serviceHandlers } from "./services.ts";
import { templateHandlers } from "./templates.ts";
import { scopedVariableHandlers, variableHandlers } from "./variables.ts";
import { snapshotHandlers, volumeDataHandlers, volumeOperationHandlers } from "./volume-data.ts";
import { keptVolumeHandlers, volumeHandlers } from "./volumes.ts";

export const handlers = (useCases: UseCases): Handlers<typeof contract> => ({
  projects: projectHandlers(useCases),
  environments: environmentHandlers(useCases),
  groups: groupHandlers(useCases),
  changes: changeHandlers(useCases),
  canvas: canvasHandlers(useCases.canvas),
  services: serviceHandlers(useCases),
  templates: templateHandlers(useCases),
  bindings: bindingHandlers(useCases),
  variables: variableHandlers(useCases),
  scopedVariables: scopedVariableHandlers(useCases),
  secretGroups: secretGroupHandlers(useCases),
  secretAttachments: secretAttachmentHandlers(useCases),
  volumes: volumeHandlers(useCases),
  keptVolumes: keptVolumeHandlers(useCases),
  deployments: deploymentHandlers(useCases),
  releases: releaseHandlers(useCases),
  runs: runHandlers(useCases),
  cron: cronHandlers(useCases),
  volumeData: volumeDataHandlers(useCases),
  volumeOperations: volumeOperationHandlers(useCases),
  snapshots: snapshotHandlers(useCases),
  hooks: hookHandlers(useCases),
  gitCredentials: gitCredentialHandlers(useCases),
  repositories: repositoryHandlers(useCases),
});
