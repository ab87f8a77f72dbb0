import type { Handlers } from "@homeport/kit/http/api.ts";
import type { contract } from "../contract.ts";
import type { UseCases } from "../service/use-cases.ts";
import { deploymentHandlers } from "./deployments.ts";
import { projectHandlers } from "./projects.ts";
import { releaseHandlers } from "./releases.ts";
import { serviceHandlers } from "./services.ts";
import { variableHandlers } from "./variables.ts";

export const handlers = (useCases: UseCases): Handlers<typeof contract> => ({
  projects: projectHandlers(useCases),
  services: serviceHandlers(useCases),
  variables: variableHandlers(useCases),
  deployments: deploymentHandlers(useCases),
  releases: releaseHandlers(useCases),
});
