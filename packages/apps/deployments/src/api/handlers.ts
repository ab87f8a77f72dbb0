import type { Handlers } from "@homeport/kit/http/api.ts";
import type { contract } from "../contract.ts";
import type { UseCases } from "../service/use-cases.ts";
import { deploymentHandlers } from "./deployments.ts";
import { environmentHandlers } from "./environments.ts";
import { projectHandlers } from "./projects.ts";
import { releaseHandlers } from "./releases.ts";
import { secretAttachmentHandlers } from "./secret-attachments.ts";
import { secretGroupHandlers } from "./secret-groups.ts";
import { serviceHandlers } from "./services.ts";
import { variableHandlers } from "./variables.ts";

export const handlers = (useCases: UseCases): Handlers<typeof contract> => ({
  projects: projectHandlers(useCases),
  environments: environmentHandlers(useCases),
  services: serviceHandlers(useCases),
  variables: variableHandlers(useCases),
  secretGroups: secretGroupHandlers(useCases),
  secretAttachments: secretAttachmentHandlers(useCases),
  deployments: deploymentHandlers(useCases),
  releases: releaseHandlers(useCases),
});
